using Envoy.Config.Cluster.V3;
using Envoy.Type.V3;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>
/// What the place of an endpoint means for its share of the traffic (spec 5.5): shares by locality, or priorities by nearness. Failover
/// needs outlier detection, since otherwise nothing says that the near ones have failed; so a rule that adds outlier detection switches
/// the mesh's default failover on.
/// </summary>
internal abstract class LocalityPolicy
{
    /// <summary>Nothing: every locality has the share of its endpoints.</summary>
    public static LocalityPolicy None { get; } = new NoPolicy();

    /// <summary>The first that there is: the rule's, the service's traffic distribution, the mesh's.</summary>
    public static LocalityPolicy Of(EffectiveTrafficPolicy policy, MeshService service, ProxyNode node, MeshSettings mesh)
    {
        var failsOver = policy.OutlierDetection is not null;
        if (policy.LoadBalancer?.ZoneAwareLbSetting is { } zoneAware)
        {
            return new ZoneAwareLocality(zoneAware, node);
        }
        if (policy.LoadBalancer?.LocalityLbSetting is { } setting)
        {
            return OfSetting(setting, failsOver);
        }
        if (service.TrafficDistribution != TrafficDistribution.Any)
        {
            return OfSetting(new LocalityLbSetting { FailoverPriority = service.TrafficDistribution.FailoverPriority() }, failsOver: true);
        }
        return mesh.ZoneAwareLb is { } meshZoneAware ? new ZoneAwareLocality(meshZoneAware, node)
            : mesh.LocalityLb is { } meshSetting ? OfSetting(meshSetting, failsOver)
            : None;

        LocalityPolicy OfSetting(LocalityLbSetting setting, bool failsOver) =>
            setting.Enabled == false ? None
            : setting.Distribute.Count > 0 ? new DistributedLocality(setting.Distribute, node)
            : failsOver ? new FailoverLocality(setting, node)
            : None;
    }

    /// <summary>Says how the cluster has to read the weights and priorities.</summary>
    public abstract void Apply(Cluster.Types.CommonLbConfig config);

    /// <summary>Gives the endpoints their weights and priorities.</summary>
    public abstract IReadOnlyList<LocalityGroup> Apply(List<LocalityGroup> groups);

    /// <summary>Numbers the priorities that there are from 0 without gaps, as Envoy demands.</summary>
    protected static List<LocalityGroup> Renumber(List<LocalityGroup> groups)
    {
        var priorities = groups.Select(group => group.Priority).Distinct().Order().ToList();
        return groups.ConvertAll(group => group with { Priority = (uint)priorities.IndexOf(group.Priority) });
    }

    private sealed class NoPolicy : LocalityPolicy
    {
        public override void Apply(Cluster.Types.CommonLbConfig config)
        {
            // Envoy's own way.
        }

        public override IReadOnlyList<LocalityGroup> Apply(List<LocalityGroup> groups) => groups;
    }

    /// <summary><c>distribute</c>: the shares that the first entry for the gateway's own place gives; who gets none has no endpoints.</summary>
    private sealed class DistributedLocality(IReadOnlyList<LocalityDistribute> distribute, ProxyNode node) : LocalityPolicy
    {
        public override void Apply(Cluster.Types.CommonLbConfig config) => config.LocalityWeightedLbConfig = new();

        public override IReadOnlyList<LocalityGroup> Apply(List<LocalityGroup> groups)
        {
            if (distribute.FirstOrDefault(entry => node.Place.IsMeantBy(entry.From)) is not { } entry)
            {
                return groups;
            }
            var result = groups.ConvertAll(group => group with { Endpoints = [] });
            var left = new HashSet<int>(Enumerable.Range(0, groups.Count));
            // The more exact entry takes its localities first; Istio's order is that of a map.
            foreach (var (to, share) in entry.To.OrderBy(pair => pair.Key.Contains('*')).ThenByDescending(pair => pair.Key.Length).ThenBy(pair => pair.Key, StringComparer.Ordinal))
            {
                var meant = left.Where(index => groups[index].Locality.IsMeantBy(to)).ToArray();
                var total = meant.Sum(index => (double)groups[index].Weight);
                foreach (var index in meant)
                {
                    left.Remove(index);
                    var weight = Math.Ceiling(groups[index].Weight * (double)share / total);
                    result[index] = weight > 0 ? groups[index] with { Weight = (uint)Math.Min(weight, uint.MaxValue) } : groups[index];
                }
            }
            return result;
        }
    }

    /// <summary><c>failoverPriority</c> and <c>failover</c>, or by distance alone.</summary>
    private sealed class FailoverLocality(LocalityLbSetting setting, ProxyNode node) : LocalityPolicy
    {
        public override void Apply(Cluster.Types.CommonLbConfig config)
        {
            if (setting.Failover.Count > 0 || setting.FailoverPriority.Count > 0)
            {
                config.LocalityWeightedLbConfig = new();
            }
        }

        public override IReadOnlyList<LocalityGroup> Apply(List<LocalityGroup> groups)
        {
            if (setting.FailoverPriority.Count > 0)
            {
                groups = FailoverPriorities.Apply(groups, setting.FailoverPriority, node);
                if (setting.Failover.Count == 0)
                {
                    return Renumber(groups);
                }
                groups = Renumber(groups);
            }
            return Renumber(groups.ConvertAll(group => group with { Priority = (group.Priority * 5) + PriorityOf(group.Locality) }));
        }

        private uint PriorityOf(LocalityName locality)
        {
            var distance = node.Place.DistanceTo(locality);
            if (distance == 3 && setting.Failover.FirstOrDefault(entry => entry.From == node.Place.Region) is { } failover && failover.To != locality.Region)
            {
                return 4;
            }
            return (uint)distance;
        }
    }

    /// <summary><c>zoneAwareLbSetting</c>: Envoy keeps to the gateway's zone by itself, within its region.</summary>
    private sealed class ZoneAwareLocality(ZoneAwareLbSetting setting, ProxyNode node) : LocalityPolicy
    {
        public override void Apply(Cluster.Types.CommonLbConfig config) => config.ZoneAwareLbConfig = new Cluster.Types.CommonLbConfig.Types.ZoneAwareLbConfig
        {
            MinClusterSize = setting.MinClusterSize,
            RoutingEnabled = setting.Enabled == false ? new Percent { Value = 0 } : null,
        };

        public override IReadOnlyList<LocalityGroup> Apply(List<LocalityGroup> groups)
        {
            if (setting.Enabled == false)
            {
                return groups;
            }
            if (setting.FailoverPriority.Count > 0)
            {
                groups = Renumber(FailoverPriorities.Apply(groups, setting.FailoverPriority, node));
            }
            return Renumber(groups.ConvertAll(group => group with { Priority = (group.Priority * 3) + PriorityOf(group.Locality.Region) }));
        }

        private uint PriorityOf(string region) =>
            region == node.Place.Region ? 0u
            : setting.Failover.FirstOrDefault(entry => entry.From == node.Place.Region)?.To == region ? 1u
            : 2u;
    }
}
