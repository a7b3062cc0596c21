using Envoy.Config.Cluster.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.Balancing;
using Tidegate.Rules.Values;

// Fields that Envoy calls deprecated are what control planes still send.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles how a cluster's endpoints are chosen (istio-gateway.md 5.4, 5.5).</summary>
internal static class LoadBalancerCompiler
{
    private const long DefaultMaglevTable = 65_537;

    /// <summary>The policy of a cluster.</summary>
    public static LoadBalancerPolicy Compile(Cluster cluster, CompileScope scope)
    {
        scope.RefuseIf(cluster.LoadBalancingPolicy is not null, "load_balancing_policy is not supported; lb_policy is");
        LoadBalancerKind kind = LoadBalancerKind.RoundRobin;
        switch (cluster.LbPolicy)
        {
            case Cluster.Types.LbPolicy.RoundRobin:
                break;
            case Cluster.Types.LbPolicy.LeastRequest:
                kind = LoadBalancerKind.LeastRequest;
                break;
            case Cluster.Types.LbPolicy.Random:
                kind = LoadBalancerKind.Random;
                break;
            case Cluster.Types.LbPolicy.RingHash:
                kind = LoadBalancerKind.RingHash;
                break;
            case Cluster.Types.LbPolicy.Maglev:
                kind = LoadBalancerKind.Maglev;
                break;
            case Cluster.Types.LbPolicy.ClusterProvided when cluster.Type == Cluster.Types.DiscoveryType.OriginalDst:
                break;
            default:
                scope.Refuse($"lb_policy {cluster.LbPolicy} is not supported");
                break;
        }

        Cluster.Types.CommonLbConfig? common = cluster.CommonLbConfig;
        Cluster.Types.LeastRequestLbConfig? least = cluster.LeastRequestLbConfig;
        Cluster.Types.SlowStartConfig? slowStart = kind switch
        {
            LoadBalancerKind.RoundRobin => cluster.RoundRobinLbConfig?.SlowStartConfig,
            LoadBalancerKind.LeastRequest => least?.SlowStartConfig,
            _ => null,
        };
        scope.NoteIf(common?.ConsistentHashingLbConfig?.HashBalanceFactor is not null, "hash_balance_factor is not acted on");
        scope.At("least_request_lb_config").RefuseIf(least?.ChoiceCount < 2, "choice_count is less than 2");
        scope.At("least_request_lb_config").RefuseIf(least?.ActiveRequestBias?.DefaultValue < 0, "active_request_bias is negative");
        return new LoadBalancerPolicy
        {
            Kind = kind,
            ChoiceCount = (int)Math.Min(least?.ChoiceCount ?? 2, 100),
            ActiveRequestBias = least?.ActiveRequestBias?.DefaultValue ?? 1,
            HealthyPanicThreshold = common?.HealthyPanicThreshold?.Value ?? 50,
            IsLocalityWeighted = common?.LocalityWeightedLbConfig is not null,
            FailsTrafficOnPanic = common?.ZoneAwareLbConfig?.FailTrafficOnPanic ?? false,
            SlowStart = slowStart is null ? null : Slow(slowStart, scope.At("slow_start_config")),
            RingHash = Ring(cluster.RingHashLbConfig, scope.At("ring_hash_lb_config")),
            MaglevTableSize = Maglev(cluster.MaglevLbConfig, scope.At("maglev_lb_config")),
            HashesHostnames = common?.ConsistentHashingLbConfig?.UseHostnameForHashing ?? false,
        };
    }

    // Istio names a runtime key that no one sets: the default value is what counts.
    private static SlowStart? Slow(Cluster.Types.SlowStartConfig config, CompileScope scope)
    {
        long windowMs = scope.At("slow_start_window").MillisecondsOrNull(config.SlowStartWindow) ?? 0;
        double aggression = config.Aggression?.DefaultValue ?? 1;
        return windowMs == 0 ? null : new SlowStart(windowMs, aggression > 0 ? aggression : 1, config.MinWeightPercent?.Value ?? 10);
    }

    private static RingHashOptions Ring(Cluster.Types.RingHashLbConfig? config, CompileScope scope)
    {
        if (config is null)
        {
            return RingHashOptions.Default;
        }

        ulong minimum = config.MinimumRingSize ?? RingHashOptions.Default.MinimumSize;
        ulong maximum = config.MaximumRingSize ?? RingHashOptions.Default.MaximumSize;
        scope.RefuseIf(minimum > maximum, $"minimum_ring_size {minimum} is greater than maximum_ring_size {maximum}");
        scope.At("maximum_ring_size").RefuseIf(HashTableRules.CheckRingSize(maximum));
        RingHashFunction function = config.HashFunction == Cluster.Types.RingHashLbConfig.Types.HashFunction.MurmurHash2
            ? RingHashFunction.Murmur2
            : RingHashFunction.XxHash;
        return new RingHashOptions(Math.Max(1, minimum), maximum, function);
    }

    private static int Maglev(Cluster.Types.MaglevLbConfig? config, CompileScope scope)
    {
        ulong size = config?.TableSize ?? DefaultMaglevTable;
        if (HashTableRules.CheckMaglevSize(size) is { } problem)
        {
            scope.Refuse(problem);
            return (int)DefaultMaglevTable;
        }

        return (int)size;
    }
}
