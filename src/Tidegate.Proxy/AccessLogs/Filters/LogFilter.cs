using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.AccessLogs.Filters;

/// <summary>
/// Which requests a log takes, or which answers of our own are changed (Envoy: <c>AccessLogFilter</c>). Immutable; shared by all workers.
/// </summary>
internal abstract class LogFilter
{
    /// <summary>Whether the request is taken.</summary>
    public abstract bool Takes(HttpExchange exchange);
}
