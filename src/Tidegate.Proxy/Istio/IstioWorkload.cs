using Envoy.Config.Core.V3;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Istio;

/// <summary>Who a workload is in the labels of Istio's metrics. What is not known is <c>unknown</c>.</summary>
public sealed record IstioWorkload
{
    /// <summary>The value of a label about which nothing is known.</summary>
    public const string Unknown = "unknown";

    /// <summary>Name of the workload (a Deployment's).</summary>
    public string Name { get; init; } = Unknown;

    /// <summary>Its namespace.</summary>
    public string Namespace { get; init; } = Unknown;

    /// <summary>The service that it is for, whatever its versions.</summary>
    public string CanonicalService { get; init; } = Unknown;

    /// <summary>Its version within that service.</summary>
    public string CanonicalRevision { get; init; } = "latest";

    /// <summary>Its <c>app</c> label.</summary>
    public string App { get; init; } = Unknown;

    /// <summary>Its <c>version</c> label.</summary>
    public string Version { get; init; } = Unknown;

    /// <summary>Its identity in the mesh.</summary>
    public string Principal { get; init; } = Unknown;

    /// <summary>The Kubernetes cluster that it is in.</summary>
    public string Cluster { get; init; } = Unknown;

    /// <summary>The workload that a proxy's node describes: metadata WORKLOAD_NAME, NAMESPACE, CLUSTER_ID, LABELS.</summary>
    public static IstioWorkload From(Node? node)
    {
        Struct metadata = node?.Metadata ?? new Struct();
        Struct labels = metadata.Fields.GetValueOrDefault("LABELS")?.StructValue ?? new Struct();
        string name = First(metadata, Unknown, "WORKLOAD_NAME");
        return new IstioWorkload
        {
            Name = name,
            Namespace = First(metadata, Unknown, "NAMESPACE"),
            CanonicalService = First(labels, name, "service.istio.io/canonical-name", "app.kubernetes.io/name", "app"),
            CanonicalRevision = First(labels, "latest", "service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"),
            App = First(labels, Unknown, "app"),
            Version = First(labels, Unknown, "version"),
            Cluster = First(metadata, Unknown, "CLUSTER_ID"),
        };
    }

    /// <summary>
    /// The workload that an endpoint's metadata describe: <c>istio.workload</c> is
    /// <c>NAME;NAMESPACE;CANONICAL SERVICE;CANONICAL REVISION;CLUSTER</c>, where parts may be empty or missing.
    /// </summary>
    public static IstioWorkload From(Metadata? endpoint)
    {
        Struct? istio = endpoint?.FilterMetadata.GetValueOrDefault("istio");
        string text = istio is null ? string.Empty : First(istio, string.Empty, "workload");
        string[] parts = text.Split(';');
        string Part(int index, string otherwise) => index < parts.Length && parts[index].Length > 0 ? parts[index] : otherwise;
        return new IstioWorkload
        {
            Name = Part(0, Unknown),
            Namespace = Part(1, Unknown),
            CanonicalService = Part(2, Unknown),
            CanonicalRevision = Part(3, "latest"),
            Cluster = Part(4, Unknown),
        };
    }

    private static string First(Struct fields, string otherwise, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (fields.Fields.TryGetValue(name, out Value? value) && value.KindCase == Value.KindOneofCase.StringValue && value.StringValue.Length > 0)
            {
                return value.StringValue;
            }
        }

        return otherwise;
    }
}
