using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// A filter as it is configured: on the way in it sees each request after its route is known and before it goes anywhere, in the
/// order of the chain; on the way out each answer, in the opposite order. It is immutable and shared by all workers and requests;
/// what it has to know of one request is in the <see cref="FilterRun"/>. What is configured is compiled once: the chain that a
/// request goes through is made when listener and route meet, and a filter that would do nothing is not in it
/// (<see cref="RouteFilters"/>). Every step may wait; a wait for something outside of the exchange takes <see cref="FilterRun.Cancellation"/>, so that
/// it ends with the exchange.
/// </summary>
internal abstract class HttpFilter
{
    /// <summary>Whether it does nothing as it is configured.</summary>
    public virtual bool IsInert => false;

    /// <summary>The places of the secrets that it uses.</summary>
    public virtual IEnumerable<SecretSlot> Secrets => [];

    /// <summary>The filter as a route has it; the route's own is taken whole unless a filter puts the two together.</summary>
    /// <param name="config">What the route says.</param>
    public virtual HttpFilter ForRoute(RouteFilterConfig config) =>
        config.Settings is HttpFilter own && (own.GetType() == GetType() || own is UnavailableFilter) ? own : this;

    /// <summary>The request's head is there and its route is known. A reply ends the way in; null lets the request go on.</summary>
    public virtual ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => default;

    /// <summary>Whether <see cref="OnRequestDataAsync"/> and <see cref="OnRequestEndAsync"/> are called.</summary>
    public virtual bool SeesRequestData => false;

    /// <summary>Whether <see cref="OnResponseDataAsync"/> and <see cref="OnResponseEndAsync"/> are called.</summary>
    public virtual bool SeesResponseData => false;

    /// <summary>
    /// A piece of the request's body, on its way to the upstream or into the buffer of another filter. Gives what goes on in its place, which has to
    /// stay as it is until the next call; empty holds it back.
    /// </summary>
    public virtual ValueTask<ReadOnlyMemory<byte>> OnRequestDataAsync(FilterRun run, ReadOnlyMemory<byte> data) => new(data);

    /// <summary>
    /// The request's body is whole; <see cref="HttpExchange.RequestTrailers"/> are there, and may be changed. Gives what is still to go behind the body. Not
    /// called for a request that has none.
    /// </summary>
    public virtual ValueTask<ReadOnlyMemory<byte>> OnRequestEndAsync(FilterRun run) => default;

    /// <summary>The answer's head is there, be it from an upstream or our own; also where this filter has not seen the request.</summary>
    public virtual void OnResponse(FilterRun run)
    {
    }

    /// <summary>The same for a filter that has to wait; <see cref="OnResponse"/> is not called where this does not.</summary>
    public virtual ValueTask OnResponseAsync(FilterRun run)
    {
        OnResponse(run);
        return default;
    }

    /// <summary>A piece of the upstream's answer, as for <see cref="OnRequestDataAsync"/>. Answers of our own are not seen.</summary>
    public virtual ValueTask<ReadOnlyMemory<byte>> OnResponseDataAsync(FilterRun run, ReadOnlyMemory<byte> data) => new(data);

    /// <summary>The upstream's answer is whole; <see cref="HttpExchange.ResponseTrailers"/> are there, and may be changed. Gives what is still to go behind its body.</summary>
    public virtual ValueTask<ReadOnlyMemory<byte>> OnResponseEndAsync(FilterRun run) => default;

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
