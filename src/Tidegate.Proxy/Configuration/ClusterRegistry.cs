using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Configuration.DnsResolution;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// The clusters and their endpoints that are in force. All members are called under the lock of <see cref="RuntimeConfiguration"/>.
/// </summary>
internal sealed class ClusterRegistry(
    ClusterSlotTable slots, TlsContextCompiler tls, DnsLookup lookup, BackgroundWork work, ILogger logger, LastGoodMemory memory)
{
    private readonly ClusterCompiler _compiler = new(slots, tls);
    private readonly Dictionary<string, List<Entry>> _byEdsService = [];
    private readonly List<Task> _stopping = [];

    /// <summary>What is known of clusters.</summary>
    public ResourceTable<Entry> Clusters { get; } = new(work.Time);

    /// <summary>What is known of assignments.</summary>
    public ResourceTable<ClusterLoadAssignment> Assignments { get; } = new(work.Time);

    /// <summary>Is called, from the thread pool and not under the lock, when DNS was asked for a cluster's endpoints: to enter the lock and call <see cref="Publish"/>.</summary>
    public required Action<Entry, DnsAnswer> OnDnsAnswer { get; init; }

    /// <summary>Compiles a cluster and puts it in force, but for the endpoints that are refused.</summary>
    /// <returns>Its slot; null when it was refused whole and there is no version of it that was not in force before, with the reasons in the report.</returns>
    public ClusterSlot? Apply(Cluster cluster, string version, bool isStatic, CompileReport report)
    {
        RuntimeCluster? compiled = Compile(cluster, isStatic, report);
        Clusters.TryGet(cluster.Name, out Entry? previous);
        if (compiled is null && previous is null && !isStatic && memory.Recall<Cluster>(XdsTypes.Cluster, cluster.Name) is { } kept)
        {
            compiled = Compile(kept, isStatic, new CompileReport());
        }

        if (compiled is null)
        {
            return null;
        }

        var entry = new Entry(compiled, previous?.Endpoints ?? new EndpointRegistry(work.Time));
        entry.Endpoints.ChecksEndpoints = compiled.HealthCheck is not null;
        DnsDiscovery? askedBefore = previous?.Dns;
        if (previous is not null)
        {
            Detach(previous);
        }

        Clusters.Accept(cluster.Name, version, compiled.Source, entry, isStatic);
        SetEndpoints(entry, askedBefore);
        compiled.Slot.Current = compiled;
        entry.Dns?.Start();
        return compiled.Slot;
    }

    /// <summary>The version of a cluster in force, to be remembered; null when there is none, or a key is written in it.</summary>
    public Cluster? LastGood(string name) =>
        Clusters.TryGet(name, out Entry? entry) && !entry.Cluster.HasInlineKey ? entry.Cluster.Source : null;

    /// <summary>Checks an assignment and gives what of it can be used to its clusters.</summary>
    /// <returns>The clusters that have other endpoints; null when it was refused whole, with the reasons in the report.</returns>
    public IReadOnlyList<ClusterSlot>? Apply(ClusterLoadAssignment assignment, string version, CompileReport report)
    {
        ClusterLoadAssignment? usable = EndpointCompiler.Usable(assignment, needsLookup: false, report.Root);
        if (usable is null && !Assignments.TryGet(assignment.ClusterName, out _))
        {
            usable = memory.Recall<ClusterLoadAssignment>(XdsTypes.Endpoint, assignment.ClusterName);
        }

        if (usable is null)
        {
            return null;
        }

        IReadOnlyList<Entry> entries = _byEdsService.TryGetValue(assignment.ClusterName, out List<Entry>? found) ? found : [];
        Assignments.Accept(assignment.ClusterName, version, usable, usable, isStatic: false);
        foreach (Entry entry in entries)
        {
            entry.Cluster.Endpoints = EndpointCompiler.Compile(usable, entry.Endpoints, EndpointCompiler.Literal);
        }

        return [.. entries.Select(static entry => entry.Cluster.Slot)];
    }

    /// <summary>A cluster is gone. Requests that hold it go on.</summary>
    /// <returns>Its slot; null when it was not there.</returns>
    public ClusterSlot? RemoveCluster(string name)
    {
        Clusters.Remove(name, out Entry? entry);
        if (entry is null)
        {
            return null;
        }

        Detach(entry);
        entry.Cluster.Slot.Current = null;
        return entry.Cluster.Slot;
    }

    /// <summary>An assignment is gone: its clusters have no endpoints.</summary>
    public IReadOnlyList<ClusterSlot> RemoveAssignment(string name)
    {
        Assignments.Remove(name, out _);
        if (!_byEdsService.TryGetValue(name, out List<Entry>? entries))
        {
            return [];
        }

        foreach (Entry entry in entries)
        {
            entry.Endpoints.Commit();
            entry.Cluster.Endpoints = EndpointSet.Empty;
        }

        return [.. entries.Select(static entry => entry.Cluster.Slot)];
    }

    /// <summary>Puts what DNS said in force; false when nothing changed or the cluster has been replaced meanwhile.</summary>
    public bool Publish(Entry entry, DnsAnswer answer)
    {
        if (!Clusters.TryGet(entry.Cluster.Name, out Entry? current) || current != entry)
        {
            return false;
        }

        EndpointSet before = entry.Cluster.Endpoints;
        EndpointSet after = EndpointCompiler.Compile(entry.Cluster.Source.LoadAssignment, entry.Endpoints, answer.Resolve);
        entry.Cluster.Endpoints = after;
        return !before.All.SequenceEqual(after.All);
    }

    /// <summary>Ends what goes on in the background; the task is to be awaited without the lock.</summary>
    public Task StopAsync()
    {
        foreach (Entry entry in Clusters.Values)
        {
            Detach(entry);
        }

        return Task.WhenAll(_stopping);
    }

    private RuntimeCluster? Compile(Cluster cluster, bool isStatic, CompileReport report)
    {
        Cluster? usable = WithUsableEndpoints(cluster, report.Root);
        RuntimeCluster? compiled = _compiler.Compile(usable ?? cluster, isStatic, report);
        return report.Resource.IsRefused ? null : compiled;
    }

    // The cluster without the endpoints that cannot be used; null when it is refused for them.
    private static Cluster? WithUsableEndpoints(Cluster cluster, CompileScope scope)
    {
        bool needsLookup = cluster.Type is Cluster.Types.DiscoveryType.StrictDns or Cluster.Types.DiscoveryType.LogicalDns;
        scope.RefuseIf(needsLookup && cluster.LoadAssignment is null, "load_assignment is missing");
        if (cluster.LoadAssignment is not { } assignment || (!needsLookup && cluster.Type != Cluster.Types.DiscoveryType.Static))
        {
            return cluster; // what has no endpoints of its own, or should not have them, is the compiler's to say
        }

        if (cluster.Type == Cluster.Types.DiscoveryType.LogicalDns)
        {
            int count = assignment.Endpoints.Sum(static locality => locality.LbEndpoints.Count);
            scope.RefuseIf(count != 1, $"LOGICAL_DNS wants one endpoint; load_assignment has {count}");
        }

        ClusterLoadAssignment? usable = EndpointCompiler.Usable(assignment, needsLookup, scope.At("load_assignment"));
        return ReferenceEquals(usable, assignment) ? cluster
            : usable is null ? null
            : new Cluster(cluster) { LoadAssignment = usable };
    }

    private void SetEndpoints(Entry entry, DnsDiscovery? askedBefore)
    {
        RuntimeCluster cluster = entry.Cluster;
        switch (cluster.Type)
        {
            case Cluster.Types.DiscoveryType.Eds:
                if (!_byEdsService.TryGetValue(cluster.EdsServiceName, out List<Entry>? sharing))
                {
                    sharing = [];
                    _byEdsService.Add(cluster.EdsServiceName, sharing);
                }

                sharing.Add(entry);
                cluster.Endpoints = Assignments.TryGet(cluster.EdsServiceName, out ClusterLoadAssignment? assignment)
                    ? EndpointCompiler.Compile(assignment, entry.Endpoints, EndpointCompiler.Literal)
                    : EndpointSet.Empty;
                break;
            case Cluster.Types.DiscoveryType.Static:
                cluster.Endpoints = cluster.Source.LoadAssignment is { } inline
                    ? EndpointCompiler.Compile(inline, entry.Endpoints, EndpointCompiler.Literal)
                    : EndpointSet.Empty;
                break;
            case Cluster.Types.DiscoveryType.OriginalDst:
                cluster.Endpoints = EndpointSet.Empty;
                break;
            default:
                // What DNS said of a name before holds until it says something else.
                entry.Dns = new DnsDiscovery(cluster.Source, lookup, work, logger, answer => OnDnsAnswer(entry, answer), askedBefore);
                cluster.Endpoints = EndpointCompiler.Compile(cluster.Source.LoadAssignment, entry.Endpoints, entry.Dns.Resolve);
                break;
        }
    }

    private void Detach(Entry entry)
    {
        if (_byEdsService.TryGetValue(entry.Cluster.EdsServiceName, out List<Entry>? sharing) && sharing.Remove(entry) && sharing.Count == 0)
        {
            _byEdsService.Remove(entry.Cluster.EdsServiceName);
        }

        if (entry.Dns is { } dns)
        {
            // It may be waiting for the lock that we hold: nobody waits for it here.
            entry.Dns = null;
            _stopping.RemoveAll(static stopping => stopping.IsCompleted);
            _stopping.Add(dns.DisposeAsync().AsTask());
        }
    }

    /// <summary>A cluster with what goes on for it in the background.</summary>
    internal sealed class Entry(RuntimeCluster cluster, EndpointRegistry endpoints)
    {
        /// <summary>The cluster.</summary>
        public RuntimeCluster Cluster { get; } = cluster;

        /// <summary>Its endpoints by address; handed on from version to version.</summary>
        public EndpointRegistry Endpoints { get; } = endpoints;

        /// <summary>What asks DNS for it; null when nothing has to be asked.</summary>
        public DnsDiscovery? Dns { get; set; }
    }
}
