using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.AccessLogs.Filters;

/// <summary>Takes requests that have one of some response flags.</summary>
internal sealed class ResponseFlagLogFilter(ResponseFlags flags) : LogFilter
{
    public override bool Takes(HttpExchange exchange) => (exchange.Flags & flags) != 0;
}

/// <summary>
/// Takes requests by their gRPC status: that of the answer's head, or else what the HTTP status stands for (Envoy: <c>GrpcStatusFilter</c>).
/// </summary>
/// <param name="statuses">A bit for each status.</param>
/// <param name="isExcluding">Whether these are the ones that are not taken.</param>
internal sealed class GrpcStatusLogFilter(uint statuses, bool isExcluding) : LogFilter
{
    private const int Unknown = 2;

    public override bool Takes(HttpExchange exchange)
    {
        int status = GrpcStatusNames.StatusOf(exchange.Response.Headers);
        status = status >= 0 ? status : exchange.ResponseStatus > 0 ? GrpcReply.CodeOf(exchange.ResponseStatus) : Unknown;
        return (status < 32 && (statuses & (1u << status)) != 0) != isExcluding;
    }
}

/// <summary>Takes what is no health check (Envoy: <c>NotHealthCheckFilter</c>).</summary>
internal sealed class NotHealthCheckLogFilter : LogFilter
{
    public override bool Takes(HttpExchange exchange) => !exchange.IsHealthCheck;
}
