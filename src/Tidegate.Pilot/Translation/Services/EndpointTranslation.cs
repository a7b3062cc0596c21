using System.Net;
using Envoy.Config.Core.V3;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>Turns what says where a service's processes are into endpoints per service port (spec 5.7, 6.2, 6.3).</summary>
internal static class EndpointTranslation
{
    /// <summary>Takes a process out of service, whatever its value (Istio's <c>PILOT_DRAINING_LABEL</c>).</summary>
    private const string DrainingLabel = "istio.io/draining";

    private const string TlsModeLabel = "security.istio.io/tlsMode";
    private const string MutualTlsMode = "istio";

    /// <summary>Translates.</summary>
    /// <param name="service">The service.</param>
    /// <param name="sources">The service again, then its EndpointSlices, its Endpoints, its WorkloadEntries, its Pods, its overrides.</param>
    public static ServiceEndpoints Translate(MeshService service, IReadOnlyList<object> sources)
    {
        var byPort = new Dictionary<int, IReadOnlyList<ServiceEndpoint>>();
        foreach (var port in service.Ports)
        {
            var overrides = sources.OfType<EndpointOverride>().Where(endpoint => endpoint.ServicePort is null || endpoint.ServicePort == port.Number).ToArray();
            IEnumerable<ServiceEndpoint> endpoints = overrides.Length > 0
                ? overrides.Select(endpoint => new ServiceEndpoint(endpoint.Host, endpoint.Port, HealthStatus.Healthy) { Namespace = service.Namespace })
                : service.IsKubernetes ? OfService(service, sources, port)
                : OfServiceEntries(service, sources, port).Where(IsReachable);
            var list = endpoints.Where(endpoint => string.IsNullOrEmpty(endpoint.Labels.GetValueOrDefault(DrainingLabel))).DistinctBy(endpoint => (endpoint.Address, endpoint.Port)).ToArray();
            if (list.Length > 0)
            {
                byPort[port.Number] = list;
            }
        }
        return byPort.Count == 0 ? ServiceEndpoints.None : new ServiceEndpoints(byPort);
    }

    // An address that is left out stands for the gateway of another network, of which none is known.
    private static bool IsReachable(ServiceEndpoint endpoint) => endpoint.Address.Length > 0;

    private static IEnumerable<ServiceEndpoint> OfService(MeshService service, IReadOnlyList<object> sources, MeshServicePort port)
    {
        if (service.IsResolvedByProxy)
        {
            return [new ServiceEndpoint(service.ExternalName!, port.Number, HealthStatus.Healthy) { Labels = service.Labels, Namespace = service.Namespace }];
        }

        var pods = sources.OfType<Pod>().DistinctBy(pod => pod.Key).ToDictionary(pod => (pod.Namespace, pod.Name));
        return sources.OfType<EndpointSlice>().SelectMany(slice => OfSlice(slice, service, port, pods))
            .Concat(sources.OfType<Resources.Endpoints>().SelectMany(endpoints => OfEndpoints(endpoints, service, port, pods)))
            .Concat(sources.OfType<WorkloadEntry>().Select(workload => OfSelected(workload, service, port)).OfType<ServiceEndpoint>());
    }

    // A WorkloadEntry behind a Kubernetes Service: a name that the Service's targetPort says has to be among the entry's ports; null when it is not.
    private static ServiceEndpoint? OfSelected(WorkloadEntry workload, MeshService service, MeshServicePort port)
    {
        if (!IPAddress.TryParse(workload.Spec.Address, out _))
        {
            return null;
        }

        var target = service.Sources.OfType<Service>().SelectMany(source => source.Spec.Ports).FirstOrDefault(source => source.Port == port.Number)?.TargetPort;
        var isNamed = target is { Number: 0, Name.Length: > 0 };
        var number = workload.Spec.Ports.GetValueOrDefault(isNamed ? target!.Name : port.Name) is > 0 and var own ? (int)own
            : isNamed ? 0
            : port.TargetPort ?? port.Number;
        return number == 0 ? null : OfWorkload(workload.Spec, workload.Metadata, workload.Namespace, number) with { Health = HealthOf(workload) };
    }

    private static HealthStatus HealthOf(WorkloadEntry workload) => workload.IsHealthy ? HealthStatus.Healthy : HealthStatus.Unhealthy;

    /// <summary>
    /// Without Pods to look at, an endpoint has the labels of its EndpointSlice: so a directory can say which of a Service's endpoints are in
    /// which subset.
    /// </summary>
    private static IEnumerable<ServiceEndpoint> OfSlice(
        EndpointSlice slice, MeshService service, MeshServicePort port, IReadOnlyDictionary<(string, string), Pod> pods)
    {
        if (slice.Spec.AddressType == "FQDN" || slice.Spec.Ports.FirstOrDefault(candidate => candidate.Name == port.Name)?.Port is not { } number)
        {
            yield break;
        }
        foreach (var endpoint in slice.Spec.Endpoints)
        {
            var isReady = endpoint.Ready != false || PublishesNotReady(service);
            if (!isReady && endpoint.Terminating == true)
            {
                continue;
            }
            foreach (var address in endpoint.Addresses)
            {
                yield return new ServiceEndpoint(address, number, isReady ? HealthStatus.Healthy : HealthStatus.Unhealthy)
                {
                    Labels = slice.Metadata.Labels,
                    Locality = LocalityOf(slice, endpoint),
                    NodeName = endpoint.NodeName,
                    Namespace = slice.Namespace,
                    TakesMutualTls = TakesMutualTls(slice.Metadata.Labels),
                }.As(pods.GetValueOrDefault(EndpointIndex.KeyOf(endpoint.TargetRef, slice.Namespace)));
            }
        }
    }

    /// <summary>
    /// Without Nodes to look at, the region and the subzone are those that the EndpointSlice's labels say: <c>istio-locality</c> for all of it,
    /// or the topology labels; the zone is the endpoint's own.
    /// </summary>
    private static string LocalityOf(EndpointSlice slice, SliceEndpoint endpoint)
    {
        var labels = slice.Metadata.Labels;
        if (labels.GetValueOrDefault(TopologyLabels.Locality) is { Length: > 0 } whole)
        {
            return whole.Replace('.', '/');
        }
        var zone = endpoint.Zone.Length > 0 ? endpoint.Zone : labels.GetValueOrDefault(TopologyLabels.Zone) ?? "";
        return $"{labels.GetValueOrDefault(TopologyLabels.Region)}/{zone}/{labels.GetValueOrDefault(TopologyLabels.SubZone)}".TrimEnd('/');
    }

    // What its Pod says counts, where that is known.
    private static ServiceEndpoint As(this ServiceEndpoint endpoint, Pod? pod) => pod is null ? endpoint : endpoint with
    {
        Labels = pod.Metadata.Labels,
        Locality = pod.Metadata.Labels.GetValueOrDefault(TopologyLabels.Locality)?.Replace('.', '/') ?? endpoint.Locality,
        NodeName = endpoint.NodeName.Length > 0 ? endpoint.NodeName : pod.Spec.NodeName,
        ServiceAccount = pod.Spec.ServiceAccountName,
        Workload = PodWorkload.NameOf(pod),
        Namespace = pod.Namespace,
        TakesMutualTls = TakesMutualTls(pod.Metadata.Labels),
    };

    private static IEnumerable<ServiceEndpoint> OfEndpoints(
        Resources.Endpoints endpoints, MeshService service, MeshServicePort port, IReadOnlyDictionary<(string, string), Pod> pods)
    {
        foreach (var subset in endpoints.Spec.Subsets)
        {
            if (subset.Ports.FirstOrDefault(candidate => candidate.Name == port.Name)?.Port is not { } number)
            {
                continue;
            }
            var notReady = PublishesNotReady(service) ? HealthStatus.Healthy : HealthStatus.Unhealthy;
            foreach (var (address, health) in subset.Addresses.Select(address => (address, HealthStatus.Healthy))
                .Concat(subset.NotReadyAddresses.Select(address => (address, notReady))))
            {
                yield return new ServiceEndpoint(address.Ip, number, health)
                {
                    Labels = endpoints.Metadata.Labels,
                    Namespace = endpoints.Namespace,
                    TakesMutualTls = TakesMutualTls(endpoints.Metadata.Labels),
                }.As(pods.GetValueOrDefault(EndpointIndex.KeyOf(address.TargetRef, endpoints.Namespace)));
            }
        }
    }

    private static IEnumerable<ServiceEndpoint> OfServiceEntries(MeshService service, IReadOnlyList<object> sources, MeshServicePort port)
    {
        foreach (var entry in service.Sources.OfType<ServiceEntry>())
        {
            if (entry.Spec.Ports.FirstOrDefault(candidate => candidate.Number == port.Number) is not { } own)
            {
                continue;
            }
            if (entry.Spec.WorkloadSelector is { } selector)
            {
                foreach (var workload in sources.OfType<WorkloadEntry>().Where(workload =>
                    workload.Namespace == entry.Namespace && WorkloadLabels.Match(WorkloadLabels.Of(workload.Spec, workload.Metadata), selector)))
                {
                    // What the gateway does not resolve itself has to be an address.
                    if (service.IsResolvedByProxy || IsAddress(workload.Spec.Address))
                    {
                        yield return OfWorkload(workload.Spec, workload.Metadata, entry.Namespace, NumberOf(workload.Spec, own, port)) with { Health = HealthOf(workload) };
                    }
                }
                foreach (var pod in sources.OfType<Pod>().Where(pod =>
                    pod.Namespace == entry.Namespace && pod.Spec is { Ip.Length: > 0, IsReady: true } && WorkloadLabels.Match(pod.Metadata.Labels, selector)))
                {
                    var number = pod.Spec.Ports.GetValueOrDefault(own.Name) is > 0 and var named ? (int)named : port.TargetPort ?? port.Number;
                    yield return new ServiceEndpoint(pod.Spec.Ip, number, HealthStatus.Healthy).As(pod);
                }
                continue;
            }
            if (service.Resolution is ServiceResolution.Passthrough or ServiceResolution.DynamicDns)
            {
                continue;
            }
            // One without an address is to be reached by its network's gateway, of which there is none here.
            foreach (var endpoint in entry.Spec.Endpoints.Where(endpoint => endpoint.Address.Length > 0))
            {
                yield return OfWorkload(endpoint, null, entry.Namespace, NumberOf(endpoint, own, port));
            }
            if (entry.Spec.Endpoints.Count == 0 && service.IsResolvedByProxy && !HostNames.IsWildcard(service.Hostname))
            {
                yield return new ServiceEndpoint(service.Hostname, port.TargetPort ?? port.Number, HealthStatus.Healthy) { Namespace = entry.Namespace };
            }
        }
    }

    private static int NumberOf(WorkloadEntrySpec workload, ServiceEntryPort entryPort, MeshServicePort port) =>
        workload.Address.StartsWith("unix://", StringComparison.Ordinal) ? 0
        : workload.Ports.GetValueOrDefault(entryPort.Name) is > 0 and var named ? (int)named
        : port.TargetPort ?? port.Number;

    private static ServiceEndpoint OfWorkload(WorkloadEntrySpec workload, ResourceMetadata? metadata, string namespaceName, int number)
    {
        var labels = metadata is null ? workload.Labels : WorkloadLabels.Of(workload, metadata);
        var tlsMode = labels.GetValueOrDefault(TlsModeLabel) ?? (workload.ServiceAccount.Length > 0 ? "istio" : "disabled");
        return new ServiceEndpoint(workload.Address, number, HealthStatus.Healthy)
        {
            Labels = labels,
            Locality = workload.Locality.Length > 0 ? workload.Locality : labels.GetValueOrDefault(TopologyLabels.Locality)?.Replace('.', '/') ?? "",
            Network = workload.Network,
            Weight = Math.Max(1, workload.Weight),
            Workload = metadata?.Name ?? "",
            Namespace = namespaceName,
            ServiceAccount = workload.ServiceAccount,
            TakesMutualTls = tlsMode == MutualTlsMode,
        };
    }

    private static bool TakesMutualTls(IReadOnlyDictionary<string, string> labels) => labels.GetValueOrDefault(TlsModeLabel) == MutualTlsMode;

    private static bool PublishesNotReady(MeshService service) => service.Sources is [Service { Spec.PublishNotReadyAddresses: true }];

    private static bool IsAddress(string text) => IPAddress.TryParse(text, out _) || text.StartsWith("unix://", StringComparison.Ordinal);
}
