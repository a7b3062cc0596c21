using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>
/// Where the endpoints of each service come from: EndpointSlices, else Endpoints, and the selected WorkloadEntries for a Kubernetes Service; the listed endpoints or the
/// selected WorkloadEntries and Pods for a ServiceEntry; and before all of these, what the command line says.
/// </summary>
internal sealed class EndpointIndex
{
    /// <summary>The label by which an EndpointSlice belongs to a Service.</summary>
    public const string ServiceNameLabel = "kubernetes.io/service-name";

    private readonly Dictionary<(string Namespace, string Service), List<EndpointSlice>> _slices = [];
    private readonly Dictionary<(string Namespace, string Service), Resources.Endpoints> _endpoints = [];
    private readonly Dictionary<string, List<WorkloadEntry>> _workloads = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Pod>> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Namespace, string Name), Pod> _podsByName = [];
    private readonly Dictionary<(string Namespace, string Service), List<EndpointOverride>> _overrides = [];
    private readonly Memo<IdentityList, ServiceEndpoints> _memo;

    /// <summary>Indexes the sources of endpoints; each list is ordered by namespace and name.</summary>
    public EndpointIndex(
        IEnumerable<EndpointSlice> slices,
        IEnumerable<Resources.Endpoints> endpoints,
        IEnumerable<WorkloadEntry> workloads,
        IEnumerable<Pod> pods,
        IEnumerable<EndpointOverride> overrides,
        Memo<IdentityList, ServiceEndpoints> memo)
    {
        _memo = memo;
        foreach (var slice in slices)
        {
            if (slice.Metadata.Labels.TryGetValue(ServiceNameLabel, out var service))
            {
                ListOf(_slices, (slice.Namespace, service)).Add(slice);
            }
        }
        foreach (var endpoint in endpoints)
        {
            _endpoints[(endpoint.Namespace, endpoint.Name)] = endpoint;
        }
        foreach (var workload in workloads)
        {
            ListOf(_workloads, workload.Namespace).Add(workload);
        }
        foreach (var pod in pods)
        {
            ListOf(_pods, pod.Namespace).Add(pod);
            _podsByName[(pod.Namespace, pod.Name)] = pod;
        }
        foreach (var endpoint in overrides)
        {
            ListOf(_overrides, (endpoint.Namespace, endpoint.Service)).Add(endpoint);
        }
    }

    /// <summary>The endpoints of a service: the same instance as long as what they come from is the same.</summary>
    public ServiceEndpoints Of(MeshService service)
    {
        var sources = new List<object> { service };
        if (service.IsKubernetes)
        {
            var key = (service.Namespace, service.Name);
            if (_slices.TryGetValue(key, out var slices))
            {
                sources.AddRange(slices);
                sources.AddRange(slices.SelectMany(slice => slice.Spec.Endpoints.Select(endpoint => PodOf(endpoint.TargetRef, slice.Namespace))).OfType<Pod>());
            }
            else if (_endpoints.TryGetValue(key, out var endpoints))
            {
                sources.Add(endpoints);
                sources.AddRange(endpoints.Spec.Subsets
                    .SelectMany(subset => subset.Addresses.Concat(subset.NotReadyAddresses))
                    .Select(address => PodOf(address.TargetRef, endpoints.Namespace))
                    .OfType<Pod>());
            }
            // A Service without a selector selects nothing, unlike a ServiceEntry.
            if (service is { Resolution: ServiceResolution.ClientSideLb, Sources: [Service { Spec.Selector: { Count: > 0 } selector }] })
            {
                sources.AddRange(Selected(service.Namespace, selector));
            }

            sources.AddRange(_overrides.GetValueOrDefault(key) ?? []);
        }
        else
        {
            foreach (var entry in service.Sources.OfType<ServiceEntry>())
            {
                sources.AddRange(Selected(entry.Namespace, entry.Spec.WorkloadSelector));
                if (entry.Spec.WorkloadSelector is { Count: > 0 } selector && _pods.TryGetValue(entry.Namespace, out var pods))
                {
                    sources.AddRange(pods.Where(pod => WorkloadLabels.Match(pod.Metadata.Labels, selector)));
                }
            }
        }
        return _memo.GetOrAdd(new IdentityList(sources), (service, sources), static (_, parts) => EndpointTranslation.Translate(parts.service, parts.sources));
    }

    private Pod? PodOf(ObjectReference? reference, string namespaceName) => _podsByName.GetValueOrDefault(KeyOf(reference, namespaceName));

    /// <summary>Which Pod an endpoint says that it is; no name when it says none.</summary>
    public static (string Namespace, string Name) KeyOf(ObjectReference? reference, string namespaceName) =>
        reference is { Kind: "Pod" } ? (reference.Namespace.Length > 0 ? reference.Namespace : namespaceName, reference.Name) : default;

    private IEnumerable<WorkloadEntry> Selected(string namespaceName, IReadOnlyDictionary<string, string>? selector) =>
        selector is not null && _workloads.TryGetValue(namespaceName, out var workloads)
            ? workloads.Where(workload => WorkloadLabels.Match(WorkloadLabels.Of(workload.Spec, workload.Metadata), selector))
            : [];

    private static List<TValue> ListOf<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key)
        where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
        {
            lists[key] = list = [];
        }
        return list;
    }
}
