using Tidegate.Pilot.Sources.Kinds;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>The objects of one kind that are asked for together: all of a cluster, or some of one namespace.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Namespace">The namespace; empty for all.</param>
/// <param name="Selector">What of the query says which ones, as <c>labelSelector=a%3Db</c>; empty for all.</param>
internal sealed record ClusterCollection(KnownKind Kind, string Namespace = "", string Selector = "")
{
    /// <summary>The kind's name in paths.</summary>
    public string Plural { get; } = PluralOf(Kind.Kind);

    /// <summary>Its name for messages and for units: <c>virtualservices.networking.istio.io</c>, <c>secrets in istio-system</c>.</summary>
    public string Name => (Kind.Group.Length == 0 ? Plural : $"{Plural}.{Kind.Group}") + (Namespace.Length == 0 ? string.Empty : $" in {Namespace}");

    /// <summary>All that the gateway reads, but for what a cluster says twice (Endpoints) or keeps for others (ConfigMaps, Secrets).</summary>
    /// <param name="secretNamespaces">The namespaces whose Secrets are read.</param>
    /// <param name="secretSelector">The labels of the Secrets that are read; empty for all.</param>
    /// <param name="rootNamespace">Where the mesh's configuration is.</param>
    public static IReadOnlyList<ClusterCollection> All(IReadOnlyList<string> secretNamespaces, string secretSelector, string rootNamespace)
    {
        string labels = secretSelector.Length == 0 ? string.Empty : $"labelSelector={Uri.EscapeDataString(secretSelector)}";
        return
        [
            .. KnownKinds.All.SelectMany(kind => kind.Kind switch
            {
                nameof(Resources.Endpoints) => [],
                nameof(Resources.Secret) => secretNamespaces.Select(nameSpace => new ClusterCollection(kind, nameSpace, labels)),
                nameof(Resources.ConfigMap) => [new ClusterCollection(kind, rootNamespace, $"fieldSelector=metadata.name%3D{Resources.ConfigMap.MeshName}")],
                _ => new[] { new ClusterCollection(kind) },
            }),
        ];
    }

    /// <summary>The path of the collection.</summary>
    /// <param name="apiVersion">In which version, as <c>networking.istio.io/v1</c>.</param>
    public string PathIn(string apiVersion) =>
        $"{(Kind.Group.Length == 0 ? "/api" : "/apis")}/{apiVersion}/{(Namespace.Length == 0 ? string.Empty : $"namespaces/{Namespace}/")}{Plural}";

    // As the definitions of all these kinds have it.
    private static string PluralOf(string kind)
    {
        string lower = kind.ToLowerInvariant();
        return lower[^1] switch
        {
            'y' when lower[^2] is not ('a' or 'e' or 'o') => lower[..^1] + "ies",
            's' => lower,
            _ => lower + "s",
        };
    }
}
