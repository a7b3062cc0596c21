using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Istio;

/// <summary>The service that a request went to, in the labels of Istio's metrics.</summary>
/// <param name="Service">Its host name.</param>
/// <param name="ServiceName">Its short name.</param>
/// <param name="ServiceNamespace">Its namespace.</param>
public sealed record IstioDestination(string Service, string ServiceName, string ServiceNamespace)
{
    /// <summary>A request that went nowhere: no route, a redirect, a direct answer.</summary>
    public static readonly IstioDestination Unknown = new(IstioWorkload.Unknown, IstioWorkload.Unknown, IstioWorkload.Unknown);

    /// <summary>
    /// The service of a cluster: what its metadata says (<c>istio.services</c>), else what an Istio cluster name says
    /// (<c>outbound|80|v1|web.prod.svc.cluster.local</c>), else unknown.
    /// </summary>
    public static IstioDestination From(string clusterName, Metadata? metadata)
    {
        Struct? istio = metadata?.FilterMetadata.GetValueOrDefault("istio");
        Value? services = istio?.Fields.GetValueOrDefault("services");
        Struct? service = services?.ListValue?.Values.FirstOrDefault()?.StructValue;
        if (service is not null && TextOf(service, "host") is { } host)
        {
            return new IstioDestination(host, TextOf(service, "name") ?? host, TextOf(service, "namespace") ?? IstioWorkload.Unknown);
        }

        string[] parts = clusterName.Split('|');
        if (parts.Length != 4 || parts[3].Length == 0)
        {
            // As Istio's filter does for its own pseudo-clusters.
            return clusterName is "BlackHoleCluster" or "PassthroughCluster" ? new IstioDestination(clusterName, clusterName, IstioWorkload.Unknown) : Unknown;
        }

        string[] labels = parts[3].Split('.');
        bool isKubernetes = labels.Length > 2 && labels[2] == "svc";
        return new IstioDestination(parts[3], isKubernetes ? labels[0] : parts[3], isKubernetes ? labels[1] : IstioWorkload.Unknown);
    }

    private static string? TextOf(Struct fields, string name) =>
        fields.Fields.TryGetValue(name, out Value? value) && value.KindCase == Value.KindOneofCase.StringValue && value.StringValue.Length > 0 ? value.StringValue : null;
}

/// <summary>Where a request went: to which service, and to which workload of it.</summary>
/// <param name="Destination">The service.</param>
/// <param name="Workload">The workload; unknown as long as no endpoint is chosen.</param>
internal sealed record IstioPeer(IstioDestination Destination, IstioWorkload Workload)
{
    /// <summary>Of a request that went nowhere.</summary>
    public static readonly IstioPeer Unknown = new(IstioDestination.Unknown, new IstioWorkload());

    /// <summary>Of requests that came when a worker's table was full.</summary>
    public static readonly IstioPeer Overflow = new(new IstioDestination("overflow", "overflow", "overflow"), new IstioWorkload());
}
