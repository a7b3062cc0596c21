using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>Kubernetes Services and ServiceEntries as services of the mesh (spec 6.1 and 6.3).</summary>
internal static class ServiceTranslation
{
    private const string ExportToAnnotation = "networking.istio.io/exportTo";
    private const string ConnectStrategyAnnotation = "istio.io/connect-strategy";

    public static MeshService Translate(Service service, Namespace? owner, MeshSettings mesh) => new()
    {
        Hostname = $"{service.Name}.{service.Namespace}.svc.{mesh.DomainSuffix}",
        Namespace = service.Namespace,
        Name = service.Name,
        Sources = [service],
        Ports = [.. service.Spec.Ports.Select(port => new MeshServicePort(
            port.Port,
            port.Name,
            PortProtocols.OfServicePort(port.Port, port.Name, port.Protocol, port.AppProtocol.Length == 0 ? null : port.AppProtocol),
            port.TargetPort switch
            {
                null => port.Port,
                { Number: > 0 } target => target.Number,
                _ => null,
            }))],
        Resolution = service.Spec.Type == ServiceType.ExternalName ? ResolutionOf(service.Spec.ExternalName, mesh)
            : service.Spec.ClusterIp == "None" ? ServiceResolution.Passthrough
            : ServiceResolution.ClientSideLb,
        ExportTo = service.Metadata.Annotations.TryGetValue(ExportToAnnotation, out var exportTo)
            ? exportTo.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            : [],
        Labels = service.Metadata.Labels,
        TrafficDistribution = TrafficDistributions.Of(service.Spec.TrafficDistribution, service, owner),
        IsNodeLocal = service.Spec.InternalTrafficPolicy == "Local",
        IsKubernetes = true,
        IsMeshExternal = service.Spec.Type == ServiceType.ExternalName,
        ExternalName = service.Spec.Type == ServiceType.ExternalName ? service.Spec.ExternalName : null,
    };

    // Istio 1.16 has the proxy resolve the name. What names a Service of the mesh stays its alias: only a cluster's own DNS would know it.
    private static ServiceResolution ResolutionOf(string externalName, MeshSettings mesh) =>
        mesh.CompatibilityVersion == CompatibilityVersion.Istio1_16 && !externalName.EndsWith($".svc.{mesh.DomainSuffix}", StringComparison.Ordinal)
            ? ServiceResolution.Dns
            : ServiceResolution.Alias;

    /// <summary>One service per host.</summary>
    public static IReadOnlyList<MeshService> Translate(ServiceEntry entry, Namespace? owner) => [.. entry.Spec.Hosts.Select(host => new MeshService
    {
        Hostname = host,
        Namespace = entry.Namespace,
        Name = host,
        Sources = [entry],
        Ports = [.. entry.Spec.Ports.Select(port => new MeshServicePort(
            (int)port.Number, port.Name, PortProtocols.Parse(port.Protocol), (int)(port.TargetPort > 0 ? port.TargetPort : port.Number)))],
        Resolution = entry.Spec.Resolution switch
        {
            ServiceEntryResolution.Static => ServiceResolution.ClientSideLb,
            ServiceEntryResolution.Dns => ServiceResolution.Dns,
            ServiceEntryResolution.DnsRoundRobin => ServiceResolution.DnsRoundRobin,
            ServiceEntryResolution.DynamicDns => ServiceResolution.DynamicDns,
            _ => ServiceResolution.Passthrough,
        },
        ExportTo = entry.Spec.ExportTo,
        Labels = entry.Metadata.Labels,
        TrafficDistribution = TrafficDistributions.Of("", entry, owner),
        RacesAddresses = entry.Metadata.Annotations.GetValueOrDefault(ConnectStrategyAnnotation) == "RACE_FIRST_TCP_CONNECT",
        IsMeshExternal = entry.Spec.Location == ServiceEntryLocation.MeshExternal,
        SubjectAltNames = entry.Spec.SubjectAltNames,
    })];
}
