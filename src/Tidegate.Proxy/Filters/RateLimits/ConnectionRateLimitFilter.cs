using System.Runtime.CompilerServices;
using Envoy.Service.Ratelimit.V3;
using Tidegate.Net;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>Asks a service that counts for all gateways whether a connection is within its limits (Envoy: <c>envoy.filters.network.ratelimit</c>).</summary>
internal sealed class ConnectionRateLimitFilter : ConnectionFilter
{
    /// <summary>The service.</summary>
    public required RateLimitService Service { get; init; }

    /// <summary>What it is asked.</summary>
    public required RateLimitRequest Request { get; init; }

    /// <summary>Whether connections are closed when it gives no answer.</summary>
    public bool RefusesOnFailure { get; init; }

    /// <summary>What the names of counters have behind <c>ratelimit.</c></summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<ConnectionRefusal?> OnConnectedAsync(ConnectionRun run)
    {
        ConnectionRateLimitStats stats = run.Worker.Stats.AddTcpRateLimit(run.StatScope, StatPrefix).ForWorker(run.Worker.Index);
        stats.Total++;
        stats.Active++;
        ClusterClient? client = run.Clusters.Of(Service.Cluster) is { } cluster ? new ClusterClient(run.Worker, cluster) : null;
        RateLimitResponse? response = await Service.AskAsync(client, Request, hopCount: 0, CancellationToken.None);
        stats.Active--;
        if (response is null)
        {
            stats.Count(RateLimitVerdict.Error);
            if (!RefusesOnFailure)
            {
                stats.FailureModeAllowed++;
                return null;
            }

            stats.Closed++;
            return new ConnectionRefusal("ratelimit_close_error", Flags: ResponseFlags.RateLimitServiceError);
        }

        bool isOver = response.OverallCode == RateLimitResponse.Types.Code.OverLimit;
        stats.Count(isOver ? RateLimitVerdict.OverLimit : RateLimitVerdict.Ok);
        stats.Closed += isOver ? 1 : 0;
        return isOver ? new ConnectionRefusal("ratelimit_close_over_limit", Flags: ResponseFlags.RateLimited) : null;
    }
}
