using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.AccessLogs.Filters;

/// <summary>Takes a share of the requests by chance (Envoy: <c>RuntimeFilter</c>, where no runtime says otherwise).</summary>
internal sealed class SamplingLogFilter(RequestFraction share) : LogFilter
{
    public override bool Takes(HttpExchange exchange) => share.Contains((ulong)Random.Shared.NextInt64());
}
