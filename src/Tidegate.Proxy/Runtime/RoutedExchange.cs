using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Runtime;

/// <summary>An exchange with the tables that it is served by: what the proxy itself works with. What formats and rules read of it is what every exchange has.</summary>
public sealed class RoutedExchange : HttpExchange
{
    private RuntimeRoute? _route;

    /// <summary>The settings of the connection manager that serves this request.</summary>
    public RuntimeHttpConnectionManager? ConnectionManager { get; set; }

    /// <summary>The route that was chosen; null when none matched or none was looked for.</summary>
    public RuntimeRoute? Route
    {
        get => _route;
        set
        {
            _route = value;
            RouteName = value?.Name;
            RouteMetadata = value?.Metadata;
        }
    }

    /// <summary>The destination that was chosen among the route's; null for local replies.</summary>
    public RouteDestination? Destination { get; set; }

    /// <summary>When to try again: the route's, with what fields of the request change of it; null for never.</summary>
    public RuntimeRetryPolicy? RetryPolicy { get; set; }

    /// <summary>The redirects of upstreams that were followed for the client, in order.</summary>
    internal List<FollowedRedirect> FollowedRedirects { get; } = [];

    /// <inheritdoc/>
    public override void Reset()
    {
        base.Reset();
        ConnectionManager = null;
        FollowedRedirects.Clear();
    }

    /// <inheritdoc/>
    public override void BeginAnotherWay()
    {
        base.BeginAnotherWay();
        _route = null;
        Destination = null;
        RetryPolicy = null;
    }
}
