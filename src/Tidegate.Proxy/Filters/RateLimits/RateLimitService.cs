using System.Runtime.CompilerServices;
using Envoy.Service.Ratelimit.V3;
using Google.Protobuf;
using Tidegate.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>A service that counts for all gateways (Envoy: <c>envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit</c>). Immutable.</summary>
/// <param name="cluster">Where it is.</param>
/// <param name="method">How it is asked.</param>
internal sealed class RateLimitService(ClusterSlot cluster, GrpcMethod method)
{
    /// <summary>The path of its method.</summary>
    public const string Path = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

    // A longer answer is none.
    private const int MaxAnswerBytes = 256 * 1024;

    /// <summary>Where it is.</summary>
    public ClusterSlot Cluster => cluster;

    /// <summary>Asks. Null: it gave no answer that can be used.</summary>
    /// <param name="client">Its cluster; null when that does not exist.</param>
    /// <param name="request">The question.</param>
    /// <param name="hopCount">How often the request has passed through this gateway.</param>
    /// <param name="cancellation">Ends it.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<RateLimitResponse?> AskAsync(ClusterClient? client, RateLimitRequest request, int hopCount, CancellationToken cancellation)
    {
        if (client is null || await method.CallAsync(client, request, MaxAnswerBytes, hopCount, cancellation) is not { } answer)
        {
            return null;
        }

        try
        {
            RateLimitResponse response = RateLimitResponse.Parser.ParseFrom(answer.Span);
            return response.OverallCode == RateLimitResponse.Types.Code.Unknown ? null : response;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }
}
