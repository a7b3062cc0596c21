using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Validation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis;

/// <summary>All that analyzers see: the objects at one moment, in the order of namespace and name, and what follows from them. Made anew for each analysis.</summary>
internal sealed class AnalysisSnapshot
{
    private readonly ObjectSet _objects;
    private readonly Dictionary<string, IReadOnlyList<ForeignObject>> _foreign;
    private readonly Lazy<IReadOnlyList<Workload>> _workloads;
    private readonly Lazy<ServiceHosts> _hosts;
    private readonly Lazy<IReadOnlyList<GatewayService>> _gatewayServices;

    /// <summary>A snapshot of these objects.</summary>
    /// <param name="objects">The objects; analysis of files has those in it that cannot be taken, as far as they could be read.</param>
    /// <param name="node">The gateway.</param>
    /// <param name="time">What certificates are judged against.</param>
    public AnalysisSnapshot(ObjectSet objects, ProxyNode node, DateTimeOffset time)
    {
        _objects = objects;
        Node = node;
        Time = time;
        _foreign = objects.All<ForeignObject>()
            .Concat(AsWritten(objects.All<AuthorizationPolicy>()))
            .Concat(AsWritten(objects.All<RequestAuthentication>()))
            .GroupBy(resource => resource.Kind, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => InOrder(group), StringComparer.Ordinal);
        Gateways = InOrder(objects.All<Gateway>());
        VirtualServices = InOrder(objects.All<VirtualService>());
        DestinationRules = InOrder(objects.All<DestinationRule>());
        ServiceEntries = InOrder(objects.All<ServiceEntry>());
        Services = InOrder(objects.All<Service>());
        EnvoyFilters = InOrder(objects.All<EnvoyFilter>());
        Pods = InOrder(objects.All<Pod>());
        _workloads = new(() => Workload.All(this));
        _hosts = new(() => new ServiceHosts(this));
        _gatewayServices = new(() => GatewayServices.Find(Services, node));
    }

    /// <summary>The gateway.</summary>
    public ProxyNode Node { get; }

    /// <summary>What certificates are judged against.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>What reading and validating the objects found (<c>analyze</c> of files alone).</summary>
    public IReadOnlyList<Diagnostic> ReadingDiagnostics { get; init; } = [];

    /// <summary>The objects that can be taken.</summary>
    public ObjectSet Valid { get; init; } = ObjectSet.Empty;

    /// <summary>How many endpoints the clusters in force have; null when none are in force.</summary>
    public IReadOnlyDictionary<ClusterName, int>? EndpointCounts { get; init; }

    public IReadOnlyList<Gateway> Gateways { get; }

    public IReadOnlyList<VirtualService> VirtualServices { get; }

    public IReadOnlyList<DestinationRule> DestinationRules { get; }

    public IReadOnlyList<ServiceEntry> ServiceEntries { get; }

    public IReadOnlyList<Service> Services { get; }

    public IReadOnlyList<EnvoyFilter> EnvoyFilters { get; }

    public IReadOnlyList<Pod> Pods { get; }

    public IEnumerable<WorkloadEntry> WorkloadEntries => _objects.All<WorkloadEntry>();

    public IEnumerable<EndpointSlice> EndpointSlices => _objects.All<EndpointSlice>();

    /// <summary>All objects.</summary>
    public ObjectSet Objects => _objects;

    /// <summary>What runs: the gateway, pods, and what makes pods.</summary>
    public IReadOnlyList<Workload> Workloads => _workloads.Value;

    /// <summary>The hosts that requests can be sent to.</summary>
    public ServiceHosts Hosts => _hosts.Value;

    /// <summary>The Services by which clients reach this gateway.</summary>
    public IReadOnlyList<GatewayService> OwnServices => _gatewayServices.Value;

    /// <summary>The mesh's configuration as it was written; null when there is none.</summary>
    public YamlMapping? Mesh { get; init; }

    /// <summary>The namespace whose policies are for the whole mesh.</summary>
    public string RootNamespace => Mesh?["rootNamespace"].Text() is { Length: > 0 } root ? root : ProxyNode.IngressGateway.Namespace;

    /// <summary>Whether it is the gateway that the analysis is for.</summary>
    public bool IsThisGateway(Workload workload) => workload.Namespace == Node.Namespace && workload.Name == Node.Name;

    /// <summary>The objects of a kind that the gateway does not run on.</summary>
    public IReadOnlyList<ForeignObject> Foreign(string kind) => _foreign.GetValueOrDefault(kind) ?? [];

    /// <summary>The Gateway that a VirtualService of that namespace means; null when there is none.</summary>
    public Gateway? FindGateway(string nameSpace, string reference)
    {
        (string gatewayNamespace, string name) = FullName(nameSpace, reference);
        return _objects.Find<Gateway>(gatewayNamespace, name);
    }

    /// <summary>The Gateway of the Gateway API that a VirtualService of that namespace means; null when there is none.</summary>
    public ForeignObject? FindKubernetesGateway(string nameSpace, string reference) =>
        Foreign("Gateway").FirstOrDefault(gateway => (gateway.Namespace, gateway.Name) == FullName(nameSpace, reference));

    /// <summary>The Secret of that namespace, or of the one that its name begins with; null when there is none.</summary>
    public Secret? FindSecret(string nameSpace, string reference)
    {
        (string secretNamespace, string name) = FullName(nameSpace, reference);
        return _objects.Find<Secret>(secretNamespace, name);
    }

    /// <summary>The namespace of that name; null when there is no object for it.</summary>
    public Namespace? FindNamespace(string name) => _objects.Find<Namespace>(string.Empty, name);

    public IEnumerable<Namespace> Namespaces => _objects.All<Namespace>();

    /// <summary>A reference <c>[namespace/]name</c>.</summary>
    public static (string Namespace, string Name) FullName(string nameSpace, string reference) =>
        reference.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 ? (reference[..slash], reference[(slash + 1)..]) : (nameSpace, reference);

    // Policies that the gateway runs on, for analyzers that look at policies of all kinds.
    private static IEnumerable<ForeignObject> AsWritten(IEnumerable<Resource> resources) =>
        from resource in resources
        let origin = resource.Origin as YamlOrigin
        where origin is not null
        select new ForeignObject(resource.Metadata, origin, resource.ApiKind, () => origin.Root);

    private static IReadOnlyList<T> InOrder<T>(IEnumerable<T> resources)
        where T : Resource =>
        [.. resources.OrderBy(resource => resource.Namespace, StringComparer.Ordinal).ThenBy(resource => resource.Name, StringComparer.Ordinal)];
}
