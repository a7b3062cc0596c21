namespace Tidegate.Pilot.Translation;

/// <summary>The gateway that the configuration is for: what Istio knows of a gateway pod.</summary>
public sealed record ProxyNode
{
    /// <summary>The ingress gateway of <c>tidegate run</c>.</summary>
    public static ProxyNode IngressGateway { get; } = new();

    /// <summary>The name of the workload that the proxy belongs to.</summary>
    public string Workload { get; init; } = "istio-ingressgateway";

    /// <summary>The pod's name.</summary>
    public string Name { get; init; } = "istio-ingressgateway-local";

    /// <summary>The pod's namespace: visibility (<c>exportTo</c>) is judged against it, and its secrets are found there.</summary>
    public string Namespace { get; init; } = "istio-system";

    /// <summary>The pod's address.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>The pod's labels: a Gateway applies when its selector is among them.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["app"] = "istio-ingressgateway",
        ["istio"] = "ingressgateway",
    };

    /// <summary>Node metadata (Istio's <c>ISTIO_META_*</c> without the prefix) that changes what is emitted: <c>HTTP10</c>, <c>IDLE_TIMEOUT</c>, <c>UNPRIVILEGED_POD</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Where the pod is, <c>region/zone/subzone</c>. When it is not set: the label <c>istio-locality</c> with <c>.</c> for <c>/</c>, else the
    /// topology labels.
    /// </summary>
    public string Locality { get; init; } = "";

    /// <summary>The node that the pod runs on (metadata <c>NODE_NAME</c>); empty when it is not known.</summary>
    public string NodeName => Metadata.GetValueOrDefault("NODE_NAME") ?? "";

    /// <summary>The locality in its parts.</summary>
    internal LocalityName Place =>
        Locality.Length > 0 ? LocalityName.Parse(Locality)
        : Labels.TryGetValue(TopologyLabels.Locality, out var label) ? LocalityName.Parse(label.Replace('.', '/'))
        : new LocalityName(
            Labels.GetValueOrDefault(TopologyLabels.Region) ?? "",
            Labels.GetValueOrDefault(TopologyLabels.Zone) ?? "",
            Labels.GetValueOrDefault(TopologyLabels.SubZone) ?? "");

    /// <summary>The cluster domain of the node id.</summary>
    public string DomainSuffix { get; init; } = "cluster.local";

    /// <summary>The node id as Istio forms it: <c>router~ip~pod.namespace~namespace.svc.domain</c>.</summary>
    public string Id => $"router~{Address}~{Name}.{Namespace}~{Namespace}.svc.{DomainSuffix}";

    /// <summary>The service cluster (Envoy's <c>node.cluster</c>): workload and namespace.</summary>
    public string Cluster => $"{Workload}.{Namespace}";

    /// <summary>The value of a label, also of those that follow from where the pod is; empty without one.</summary>
    internal string LabelOf(string name) =>
        TopologyLabels.ValueOf(name, Place, Metadata.GetValueOrDefault("NETWORK") ?? "", NodeName) is { Length: > 0 } value
            ? value
            : Labels.GetValueOrDefault(name) ?? "";

    /// <summary>Whether all of <paramref name="selector"/> is among the labels; an empty selector always is.</summary>
    public bool IsSelectedBy(IReadOnlyDictionary<string, string>? selector)
    {
        foreach (var (key, value) in selector ?? new Dictionary<string, string>())
        {
            if (!Labels.TryGetValue(key, out var actual) || actual != value)
            {
                return false;
            }
        }
        return true;
    }
}
