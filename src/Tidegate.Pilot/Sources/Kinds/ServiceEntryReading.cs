using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads a ServiceEntry's and a WorkloadEntry's <c>spec</c> (Istio: <c>networking/v1alpha3</c>).</summary>
internal static class ServiceEntryReading
{
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

    private sealed record Selector(IReadOnlyDictionary<string, string> Labels);
}
