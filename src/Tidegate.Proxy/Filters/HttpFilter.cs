using Tidegate.Proxy.Exchanges;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// A filter as it is configured: on the way in it sees each request after its route is known and before it goes anywhere, in the
/// order of the chain; on the way out each answer, in the opposite order. It is immutable and shared by all workers and requests;
/// what it has to know of one request is in the <see cref="FilterRun"/>. What is configured is compiled once: the chain that a
/// request goes through is made when listener and route meet, and a filter that would do nothing is not in it
/// (<see cref="RouteFilters"/>).
/// </summary>
internal abstract class HttpFilter
{
    /// <summary>Whether it does nothing as it is configured.</summary>
    public virtual bool IsInert => false;

    /// <summary>The filter as a route has it; the route's own is taken whole unless a filter puts the two together.</summary>
    /// <param name="config">What the route says.</param>
    public virtual HttpFilter ForRoute(RouteFilterConfig config) =>
        config.Settings is HttpFilter own && (own.GetType() == GetType() || own is UnavailableFilter) ? own : this;

    /// <summary>The request's head is there and its route is known. A reply ends the way in; null lets the request go on.</summary>
    public virtual ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => default;

    /// <summary>The answer's head is there, be it from an upstream or our own; also where this filter has not seen the request.</summary>
    public virtual void OnResponse(FilterRun run)
    {
    }

    /// <summary>The exchange is over.</summary>
    public virtual void OnEnd(FilterRun run)
    {
    }
}

/// <summary>What a level of a route configuration says to one filter (Envoy: <c>typed_per_filter_config</c>).</summary>
/// <param name="Settings">What it says, compiled; null when it only switches the filter on or off.</param>
/// <param name="IsDisabled">Whether the filter is switched off.</param>
/// <param name="Above">What the level above says, for filters that put the levels together; null when it says nothing.</param>
internal sealed record RouteFilterConfig(object? Settings, bool IsDisabled, RouteFilterConfig? Above);
