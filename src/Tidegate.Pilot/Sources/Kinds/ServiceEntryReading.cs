using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads a ServiceEntry's and a WorkloadEntry's <c>spec</c> (Istio: <c>networking/v1alpha3</c>).</summary>
internal static class ServiceEntryReading
{
    private const string HealthChecksAnnotation = "proxy.istio.io/health-checks-enabled";

    public static ServiceEntrySpec Read(ObjectReader spec) => new()
    {
        Hosts = spec.Texts("hosts"),
        Addresses = spec.Texts("addresses"),
        Ports = spec.Objects("ports", port => new ServiceEntryPort
        {
            Number = port.Unsigned("number"),
            Protocol = port.Text("protocol"),
            Name = port.Text("name"),
            TargetPort = port.Unsigned("targetPort"),
        }),
        Location = spec.Enum("location", ("MESH_EXTERNAL", ServiceEntryLocation.MeshExternal), ("MESH_INTERNAL", ServiceEntryLocation.MeshInternal)),
        Resolution = spec.Enum(
            "resolution",
            ("NONE", ServiceEntryResolution.None),
            ("STATIC", ServiceEntryResolution.Static),
            ("DNS", ServiceEntryResolution.Dns),
            ("DNS_ROUND_ROBIN", ServiceEntryResolution.DnsRoundRobin),
            ("DYNAMIC_DNS", ServiceEntryResolution.DynamicDns)),
        Endpoints = spec.Objects("endpoints", ReadWorkload),
        WorkloadSelector = spec.Object("workloadSelector", reader => new Selector(reader.Map("labels")))?.Labels,
        ExportTo = spec.Texts("exportTo"),
        SubjectAltNames = spec.Texts("subjectAltNames"),
    };

    public static WorkloadEntry ReadWorkloadEntry(ResourceMetadata metadata, Origin origin, ObjectReader root) =>
        new(metadata, origin, root.Object("spec", ReadWorkload) ?? new WorkloadEntrySpec())
        {
            IsHealthy = ReadHealth(root) || metadata.Annotations.GetValueOrDefault(HealthChecksAnnotation) != "true",
        };

    public static WorkloadEntrySpec ReadWorkload(ObjectReader spec) => new()
    {
        Address = spec.Text("address"),
        Ports = spec.NumberMap("ports"),
        Labels = spec.Map("labels"),
        Network = spec.Text("network"),
        Locality = spec.Text("locality"),
        Weight = spec.Unsigned("weight"),
        ServiceAccount = spec.Text("serviceAccount"),
    };

    private static bool ReadHealth(ObjectReader root) => root.Object("status", status =>
    {
        status.Ignore("observedGeneration", "validationMessages");
        return new Status(status.Objects("conditions", condition =>
        {
            condition.Ignore("lastProbeTime", "lastTransitionTime", "reason", "message", "observedGeneration");
            return new Condition(condition.Text("type"), condition.Text("status"));
        }));
    })?.Conditions.Any(condition => condition is { Type: "Healthy", Status: "True" }) == true;

    private sealed record Status(IReadOnlyList<Condition> Conditions);

    private sealed record Condition(string Type, string Status);

    private sealed record Selector(IReadOnlyDictionary<string, string> Labels);
}
