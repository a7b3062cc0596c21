using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.AccessLogs.Filters;

/// <summary>Takes requests by one of their fields (Envoy: <c>HeaderFilter</c>).</summary>
internal sealed class HeaderLogFilter(HeaderMatcher matcher) : LogFilter
{
    public override bool Takes(HttpExchange exchange) => matcher.Matches(new RouteRequest(exchange.Request, exchange.IsDownstreamTls, 0));
}
