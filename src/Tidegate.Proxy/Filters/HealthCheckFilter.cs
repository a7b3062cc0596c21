using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters;

/// <summary>Which requests ask for the gateway's health, and what it depends on (Envoy: <c>HealthCheck</c>). Immutable.</summary>
internal sealed record HealthCheckRule
{
    /// <summary>What a request has to be like.</summary>
    public HeaderMatcher[] Headers { get; init; } = [];

    /// <summary>Whether the upstream is asked; else the gateway answers for itself.</summary>
    public bool PassesThrough { get; init; }

    /// <summary>How long the upstream's answer stands for the next ones, in milliseconds; 0 for not at all.</summary>
    public long CacheMs { get; init; }

    /// <summary>Clusters, and the percentage of each one's endpoints that have to be healthy.</summary>
    public (ClusterSlot Cluster, double MinHealthyPercent)[] Clusters { get; init; } = [];
}

/// <summary>Answers health checks of load balancers in front of the gateway (Envoy: <c>envoy.filters.http.health_check</c>).</summary>
internal sealed class HealthCheckFilter(HealthCheckRule rule) : HttpFilter
{
    private static readonly LocalReply Ok = new(200, [], ResponseFlags.None, "health_check_ok");
    private static readonly LocalReply Failed = new(503, [], ResponseFlags.FailedLocalHealthCheck, "health_check_failed");
    private static readonly LocalReply NoCluster = Failed with { Details = "health_check_failed_cluster_not_found" };
    private static readonly LocalReply EmptyCluster = Failed with { Details = "health_check_failed_cluster_empty" };
    private static readonly LocalReply UnhealthyCluster = Failed with { Details = "health_check_failed_cluster_unhealthy" };

    private Cached? _cached;

    // What is remembered of a request.
    private enum Part
    {
        NotACheck,
        Answered,
        PassedThrough,
    }

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        var part = (Part)run.State;
        if (part == Part.NotACheck)
        {
            if (run.Worker.IsHealthCheckFailing)
            {
                run.Exchange.Response.Headers.Set("x-envoy-immediate-health-check-fail"u8, "true"u8);
            }
        }
        else if (part == Part.PassedThrough && rule.CacheMs > 0)
        {
            int status = run.Exchange.Response.Status;
            LocalReply reply = (status == 200 ? Ok : Failed) with { Status = status, Details = "health_check_cached" };
            Volatile.Write(ref _cached, new Cached(reply, run.Worker.UtcTicks + (rule.CacheMs * TimeSpan.TicksPerMillisecond)));
        }
    }

    private LocalReply? OnRequest(FilterRun run)
    {
        var request = new RouteRequest(run.Exchange.Request, run.Exchange.IsDownstreamTls, 0);
        foreach (HeaderMatcher header in rule.Headers)
        {
            if (!header.Matches(request))
            {
                return null;
            }
        }

        run.Exchange.IsHealthCheck = true;
        run.State = (int)Part.Answered;
        if (run.Worker.IsHealthCheckFailing)
        {
            return Failed;
        }

        if (!rule.PassesThrough)
        {
            return CheckClusters();
        }

        if (Volatile.Read(ref _cached) is { } cached && cached.UntilTicksUtc > run.Worker.UtcTicks)
        {
            return cached.Reply;
        }

        run.State = (int)Part.PassedThrough;
        return null;
    }

    private LocalReply CheckClusters()
    {
        foreach ((ClusterSlot slot, double minHealthyPercent) in rule.Clusters)
        {
            if (slot.Current is not { } cluster)
            {
                return NoCluster;
            }

            IReadOnlyList<RuntimeEndpoint> endpoints = cluster.Endpoints.All;
            int healthy = 0;
            for (int i = 0; i < endpoints.Count; i++)
            {
                healthy += endpoints[i].IsHealthy ? 1 : 0;
            }

            if (endpoints.Count == 0 && minHealthyPercent > 0)
            {
                return EmptyCluster;
            }

            if (healthy < endpoints.Count * minHealthyPercent / 100)
            {
                return UnhealthyCluster;
            }
        }

        return Ok;
    }

    private sealed record Cached(LocalReply Reply, long UntilTicksUtc);
}
