using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Type.V3;
using Tidegate.Pilot.Resources;
using static Envoy.Config.Cluster.V3.Cluster.Types;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary><c>loadBalancer</c> (spec 5.4), but for localities, which are <see cref="LocalityPolicy"/>'s.</summary>
internal static class LoadBalancerTranslation
{
    public static void Apply(Cluster cluster, LoadBalancerSettings? settings, bool isPassthrough)
    {
        // Endpoints that are not ready are sent along as unhealthy; panic mode would send them traffic.
        cluster.CommonLbConfig.HealthyPanicThreshold ??= new Percent { Value = 0 };
        if (isPassthrough)
        {
            cluster.LbPolicy = LbPolicy.ClusterProvided;
            cluster.Type = DiscoveryType.OriginalDst;
            cluster.LoadAssignment = null;
            return;
        }
        switch (settings?.Simple)
        {
            case SimpleLb.Random:
                cluster.LbPolicy = LbPolicy.Random;
                break;
            case SimpleLb.RoundRobin:
                cluster.LbPolicy = LbPolicy.RoundRobin;
                if (SlowStart(settings) is { } roundRobin)
                {
                    cluster.RoundRobinLbConfig = new RoundRobinLbConfig { SlowStartConfig = roundRobin };
                }
                break;
            default:
                cluster.LbPolicy = LbPolicy.LeastRequest;
                if (SlowStart(settings) is { } leastRequest)
                {
                    cluster.LeastRequestLbConfig = new LeastRequestLbConfig { SlowStartConfig = leastRequest };
                }
                break;
        }
        if (settings?.ConsistentHash is { } hash)
        {
            ApplyHash(cluster, hash);
        }
    }

    private static void ApplyHash(Cluster cluster, ConsistentHashLb hash)
    {
        if (hash.MaglevTableSize is { } tableSize)
        {
            cluster.LbPolicy = LbPolicy.Maglev;
            if (tableSize != 0)
            {
                cluster.MaglevLbConfig = new MaglevLbConfig { TableSize = tableSize };
            }
            return;
        }
        cluster.LbPolicy = LbPolicy.RingHash;
        var ringSize = hash.RingHashMinimumRingSize ?? (hash.MinimumRingSize != 0 ? hash.MinimumRingSize : 1024);
        if (ringSize != 0)
        {
            cluster.RingHashLbConfig = new RingHashLbConfig { MinimumRingSize = ringSize };
        }
    }

    private static SlowStartConfig? SlowStart(LoadBalancerSettings? settings)
    {
        if (settings?.Warmup is { } warmup)
        {
            return new SlowStartConfig
            {
                SlowStartWindow = warmup.Duration is { } duration ? Durations.Of(duration) : null,
                // The key is Istio's, down to its odd name.
                Aggression = new RuntimeDouble { DefaultValue = warmup.Aggression ?? 1, RuntimeKey = "(" },
                MinWeightPercent = new Percent { Value = warmup.MinimumPercent ?? 10 },
            };
        }
        return settings?.WarmupDurationSecs is { } window ? new SlowStartConfig { SlowStartWindow = Durations.Of(window) } : null;
    }
}
