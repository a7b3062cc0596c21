using Tidegate.Proxy.LocalReplies;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// Stands for a filter that keeps requests out and cannot be used as it is configured: none gets through, but on routes that switch the filter off
/// or have one of their own.
/// </summary>
/// <param name="name">The filter's name, for the details of the answer.</param>
internal sealed class UnavailableFilter(string name) : HttpFilter
{
    private readonly LocalReply _reply = LocalReply.NotConfigured("http_filter", name);

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config) => config.Settings as HttpFilter ?? this;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(_reply);
}
