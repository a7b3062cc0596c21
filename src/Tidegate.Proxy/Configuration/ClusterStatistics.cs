using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration.DnsResolution;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// What is told of clusters apart from their traffic (Envoy: <c>cluster_manager.</c>; of each cluster its members, its updates, its open circuit breakers). For control
/// threads.
/// </summary>
/// <param name="stats">Where it is shown.</param>
/// <param name="shared">The clusters' counters.</param>
/// <param name="time">The clock.</param>
internal sealed class ClusterStatistics(StatsStore stats, SharedClusters shared, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ClusterSlot, Known> _known = [];

    /// <summary>A cluster, or its endpoints, may be others than before. True when its endpoints are, or what is said of them.</summary>
    public bool Follow(ClusterSlot slot)
    {
        lock (_lock)
        {
            _known.TryGetValue(slot, out Known? before);
            if (slot.Current is not { } cluster)
            {
                stats.ClusterManager.ClusterRemoved += _known.Remove(slot) ? 1 : 0;
                return false;
            }

            var now = new Known(cluster, cluster.Endpoints, shared.Of(slot, cluster));
            _known[slot] = now;
            stats.ClusterManager.ClusterAdded += before is null ? 1 : 0;
            stats.ClusterManager.ClusterModified += before is not null && !ReferenceEquals(before.Cluster, cluster) ? 1 : 0;

            // The assignment is the same object as long as nobody has sent another; DNS has none.
            bool hasOtherMembers = !new HashSet<RuntimeEndpoint>(now.Endpoints.All).SetEquals(before?.Endpoints.All ?? []);
            bool isRebuilt = hasOtherMembers || (before is not null && now.Endpoints.All.Count > 0 && !Equals(now.Endpoints.Source, before.Endpoints.Source));
            now.Stats.MembershipChange += hasOtherMembers ? 1 : 0;
            stats.ClusterManager.ClusterUpdated += isRebuilt && before is not null ? 1 : 0;
            CountMembers(now);
            return isRebuilt;
        }
    }

    /// <summary>Endpoints were found ill or well again.</summary>
    public void FollowHealth(ClusterSlot slot)
    {
        lock (_lock)
        {
            if (slot.Current is { } cluster && _known.TryGetValue(slot, out Known? known))
            {
                _known[slot] = known = known with { Endpoints = cluster.Endpoints };
                stats.ClusterManager.ClusterUpdated++;
                CountMembers(known);
            }
        }
    }

    /// <summary>Counts the assignments of an update that was applied.</summary>
    /// <param name="delta">What came.</param>
    /// <param name="rejections">What of it was refused, whole or in parts.</param>
    /// <param name="rebuilt">The clusters for which <see cref="Follow"/> was true.</param>
    /// <param name="took">How long it took to apply it.</param>
    public void Count(XdsDelta delta, IReadOnlyList<XdsRejection> rejections, IReadOnlySet<ClusterSlot> rebuilt, TimeSpan took)
    {
        lock (_lock)
        {
            ILookup<string, Known> byService = _known.Values.Where(static known => known.Cluster.EdsServiceName.Length > 0).ToLookup(static known => known.Cluster.EdsServiceName);
            foreach (XdsResource resource in delta.Changed.Where(static resource => resource.Name.TypeUrl == XdsTypes.Endpoint))
            {
                bool isRejected = rejections.Any(rejection => rejection.Name == resource.Name);
                foreach (Known known in byService[resource.Name.Name])
                {
                    Count(known.Stats, resource.Version, isRejected, took);
                    known.Stats.UpdateNoRebuild += isRejected || rebuilt.Contains(known.Cluster.Slot) ? 0 : 1;
                }
            }
        }
    }

    /// <summary>DNS was asked for a cluster's endpoints.</summary>
    public void Count(ClusterSlot slot, DnsAnswer answer, bool isChanged)
    {
        lock (_lock)
        {
            if (!_known.TryGetValue(slot, out Known? known))
            {
                return;
            }

            foreach (DnsOutcome outcome in answer.Asked)
            {
                known.Stats.UpdateAttempt++;
                known.Stats.UpdateSuccess += outcome == DnsOutcome.Answered ? 1 : 0;
                known.Stats.UpdateEmpty += outcome == DnsOutcome.Empty ? 1 : 0;
                known.Stats.UpdateFailure += outcome == DnsOutcome.Failed ? 1 : 0;
                known.Stats.UpdateNoRebuild += outcome == DnsOutcome.Answered && !isChanged ? 1 : 0;
            }
        }
    }

    /// <summary>Sets what is asked for when somebody looks: which circuit breakers are open.</summary>
    public void Sample()
    {
        lock (_lock)
        {
            stats.ClusterManager.ActiveClusters = _known.Count;
            foreach (Known known in _known.Values)
            {
                ClusterResources resources = known.Shared.Resources;
                CircuitBreakers limits = known.Cluster.CircuitBreakers;
                known.Stats.CircuitBreakersDefaultCxOpen = resources.Connections.IsUsedUp(limits.MaxConnections) ? 1 : 0;
                known.Stats.CircuitBreakersDefaultRqPendingOpen = resources.PendingRequests.IsUsedUp(limits.MaxPendingRequests) ? 1 : 0;
                known.Stats.CircuitBreakersDefaultRqOpen = resources.Requests.IsUsedUp(limits.MaxRequests) ? 1 : 0;
                known.Stats.CircuitBreakersDefaultRqRetryOpen = resources.Retries.IsUsedUp(resources.RetryLimit(limits)) ? 1 : 0;
            }
        }
    }

    private void Count(ClusterStats counters, string version, bool isRejected, TimeSpan took)
    {
        counters.UpdateAttempt++;
        if (isRejected)
        {
            counters.UpdateRejected++;
            return;
        }

        counters.UpdateSuccess++;
        counters.UpdateTime = time.GetUtcNow().ToUnixTimeMilliseconds();
        counters.UpdateDuration.Record((long)took.TotalMilliseconds);
        counters.Version = SubscriptionStats.HashOf(version);
        counters.VersionText = version;
    }

    private static void CountMembers(Known known)
    {
        IReadOnlyList<RuntimeEndpoint> endpoints = known.Endpoints.All;
        known.Stats.MembershipTotal = endpoints.Count;
        known.Stats.MembershipHealthy = endpoints.Count(static endpoint => endpoint.Health == EndpointHealth.Healthy);
        known.Stats.MembershipDegraded = endpoints.Count(static endpoint => endpoint.Health == EndpointHealth.Degraded);
        known.Stats.MaxHostWeight = endpoints.Count == 0 ? 0 : endpoints.Max(static endpoint => endpoint.State.Weight);
    }

    // What was told of a cluster last.
    private sealed record Known(RuntimeCluster Cluster, EndpointSet Endpoints, SharedCluster Shared)
    {
        public ClusterStats Stats => Shared.Stats.Main;
    }
}
