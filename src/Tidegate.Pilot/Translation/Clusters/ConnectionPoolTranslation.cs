using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary><c>connectionPool</c> and <c>retryBudget</c> (spec 5.2 and 5.4). A limit of 0 is none, as Istio cannot tell it from unset.</summary>
internal static class ConnectionPoolTranslation
{
    public static void Apply(ClusterDraft draft, ConnectionPoolSettings? pool, RetryBudget? retryBudget, MeshSettings mesh)
    {
        if (ShouldUpgrade(draft, pool?.Http, mesh))
        {
            draft.UseHttp2();
        }
        draft.Cluster.ConnectTimeout = Durations.Of(pool?.Tcp?.ConnectTimeout ?? mesh.ConnectTimeout);
        draft.Cluster.CircuitBreakers = new CircuitBreakers { Thresholds = { Limits(pool, retryBudget) } };
        ApplyKeepalive(draft.Cluster, mesh.TcpKeepalive, pool?.Tcp?.TcpKeepalive);
        if (pool is null)
        {
            return;
        }
        ApplyHttp(draft, pool);
        if (pool.Http?.UseClientProtocol == true)
        {
            draft.UseClientProtocol();
        }
    }

    private static CircuitBreakers.Types.Thresholds Limits(ConnectionPoolSettings? pool, RetryBudget? budget)
    {
        static uint Limit(int? value) => value is > 0 ? (uint)value : uint.MaxValue;

        var limits = new CircuitBreakers.Types.Thresholds
        {
            MaxConnections = Limit(pool?.Tcp?.MaxConnections),
            MaxPendingRequests = Limit(pool?.Http?.Http1MaxPendingRequests),
            MaxRequests = Limit(pool?.Http?.Http2MaxRequests),
            MaxRetries = Limit(pool?.Http?.MaxRetries),
        };
        if (budget is not null)
        {
            limits.RetryBudget = new CircuitBreakers.Types.Thresholds.Types.RetryBudget
            {
                BudgetPercent = new Envoy.Type.V3.Percent { Value = budget.Percent ?? 20 },
                MinRetryConcurrency = budget.MinRetryConcurrency is > 0 ? budget.MinRetryConcurrency : 3,
            };
        }
        return limits;
    }

    private static bool ShouldUpgrade(ClusterDraft draft, HttpSettings? http, MeshSettings mesh) => http switch
    {
        { UseClientProtocol: true } => false,
        { H2UpgradePolicy: H2UpgradePolicy.Upgrade } => true,
        { H2UpgradePolicy: H2UpgradePolicy.DoNotUpgrade } => false,
        _ => mesh.UpgradesToHttp2 && draft.Port.Protocol.IsHttp(),
    };

    /// <summary>What the rule says, field by field over what the mesh says. An empty object switches keepalive on as the system has it.</summary>
    private static void ApplyKeepalive(Cluster cluster, Resources.TcpKeepalive? ofMesh, Resources.TcpKeepalive? ofRule)
    {
        if (ofMesh is null && ofRule is null)
        {
            return;
        }
        var options = new Envoy.Config.Core.V3.TcpKeepalive();
        foreach (var keepalive in new[] { ofMesh, ofRule })
        {
            if (keepalive?.Probes > 0)
            {
                options.KeepaliveProbes = keepalive.Probes;
            }
            if (keepalive?.Time is { } time)
            {
                options.KeepaliveTime = (uint)time.TotalSeconds;
            }
            if (keepalive?.Interval is { } interval)
            {
                options.KeepaliveInterval = (uint)interval.TotalSeconds;
            }
        }
        cluster.UpstreamConnectionOptions = new UpstreamConnectionOptions { TcpKeepalive = options };
    }

    private static void ApplyHttp(ClusterDraft draft, ConnectionPoolSettings pool)
    {
        var idleTimeout = pool.Http?.IdleTimeout ?? pool.Tcp?.IdleTimeout;
        var maxDuration = pool.Tcp?.MaxConnectionDuration;
        var maxRequests = pool.Http?.MaxRequestsPerConnection ?? 0;
        if (idleTimeout is not null || maxDuration is not null || maxRequests > 0)
        {
            var common = draft.Http.CommonHttpProtocolOptions ??= new Envoy.Config.Core.V3.HttpProtocolOptions();
            common.IdleTimeout = idleTimeout is { } idle ? Durations.Of(idle) : null;
            common.MaxConnectionDuration = maxDuration is { } duration ? Durations.Of(duration) : null;
            common.MaxRequestsPerConnection = maxRequests > 0 ? (uint)maxRequests : null;
        }
        if (!draft.IsHttp2)
        {
            return;
        }
        var http2 = draft.Http.ExplicitHttpConfig.Http2ProtocolOptions;
        if (pool.Http?.MaxConcurrentStreams is > 0)
        {
            http2.MaxConcurrentStreams = (uint)pool.Http.MaxConcurrentStreams;
        }
        if (pool.Http?.Http2KeepAlive is { } keepalive)
        {
            http2.ConnectionKeepalive = new KeepaliveSettings
            {
                Interval = keepalive.Interval is { } interval ? Durations.Of(interval) : null,
                Timeout = keepalive.Timeout is { } timeout ? Durations.Of(timeout) : null,
            };
        }
    }
}
