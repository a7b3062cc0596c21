using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation.Findings;

namespace Tidegate.Pilot.Translation.Mesh;

/// <summary>
/// <c>discoverySelectors</c>: objects of namespaces that none of them chooses are as if they were not there. Secrets are not asked (they count by the gateway's
/// namespace alone), nor is what the mesh's settings come from, nor the Services by which clients reach the gateway.
/// </summary>
internal sealed class DiscoveryScope
{
    /// <summary>A label that Kubernetes gives to every namespace.</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    private ObjectSet? _from;
    private IReadOnlyList<LabelSelector>? _selectors;
    private ObjectSet _visible = ObjectSet.Empty;
    private IReadOnlyList<Finding> _findings = [];

    /// <summary>The objects of the chosen namespaces; all of them without selectors.</summary>
    /// <param name="input">The objects, with the settings that hold.</param>
    /// <param name="source">What the settings come from.</param>
    /// <param name="findings">Which namespaces are left out.</param>
    public ObjectSet Apply(TranslationInput input, ConfigMap? source, out IReadOnlyList<Finding> findings)
    {
        IReadOnlyList<LabelSelector> selectors = input.Mesh.DiscoverySelectors;
        if (selectors.Count == 0)
        {
            findings = [];
            return input.Objects;
        }

        if (!ReferenceEquals(_from, input.Objects) || !ReferenceEquals(_selectors, selectors))
        {
            (_from, _selectors) = (input.Objects, selectors);
            (_visible, _findings) = Filter(input.Objects, selectors, input.Node, source);
        }

        findings = _findings;
        return _visible;
    }

    private static (ObjectSet Visible, IReadOnlyList<Finding> Findings) Filter(ObjectSet objects, IReadOnlyList<LabelSelector> selectors, ProxyNode node, ConfigMap? source)
    {
        Dictionary<string, Namespace> namespaces = objects.All<Namespace>().ToDictionary(known => known.Name);
        ILookup<string, Resource> byNamespace = objects.Everything().Where(IsAsked).ToLookup(resource => resource.Namespace);
        List<Resource> left = [];
        List<Finding> findings = [];
        foreach (IGrouping<string, Resource> group in byNamespace.OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            Namespace? known = namespaces.GetValueOrDefault(group.Key);
            var labels = new Dictionary<string, string>(known?.Metadata.Labels ?? ResourceMetadata.NoEntries) { [NameLabel] = group.Key };
            if (selectors.Any(selector => selector.Selects(labels)))
            {
                continue;
            }

            left.AddRange(group);
            int count = group.Count(resource => !IsGateway(resource, node));
            if (source is not null && count > 0)
            {
                string why = known is null ? $"there is no Namespace {group.Key} whose labels they could choose" : $"they do not choose the labels of Namespace {group.Key}";
                findings.Add(new Finding(
                    known is null ? Validation.Severity.Warning : Validation.Severity.Info,
                    DiagnosticCodes.NamespaceNotDiscovered,
                    source,
                    ConfigMap.MeshKey,
                    $"discoverySelectors: {why}, so its objects have no effect ({count})"));
            }
        }

        return (objects.With([], left), findings);
    }

    private static bool IsGateway(Resource resource, ProxyNode node) =>
        resource is Service { Spec.Selector: { Count: > 0 } selector } && resource.Namespace == node.Namespace && node.IsSelectedBy(selector);

    private static bool IsAsked(Resource resource) => resource.Namespace.Length > 0 && resource is not (Secret or ConfigMap or ProxyConfig);
}
