using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis;

/// <summary>
/// Something that runs: this gateway, a pod, or what makes pods (a Deployment and the like), whose template stands for the pods that are not among the
/// objects yet.
/// </summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">The pod's name, or that of what makes it.</param>
/// <param name="Labels">The pod's labels, with those that follow from the node it runs on.</param>
/// <param name="IsInMesh">Whether the pod has a proxy, or will have one.</param>
internal sealed record Workload(string Namespace, string Name, IReadOnlyDictionary<string, string> Labels, bool IsInMesh)
{
    private const string InjectLabel = "sidecar.istio.io/inject";
    private const string NamespaceInjectionLabel = "istio-injection";
    private const string AmbientAnnotation = "ambient.istio.io/redirection";
    private const string ProxyContainer = "istio-proxy";

    private static readonly string[] ContainerLists = ["containers", "initContainers"];

    private static readonly string[] Controllers = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"];

    /// <summary>All that run.</summary>
    public static IReadOnlyList<Workload> All(AnalysisSnapshot snapshot)
    {
        Dictionary<string, IReadOnlyDictionary<string, string>> nodes = snapshot.Foreign("Node").ToDictionary(node => node.Name, node => node.Metadata.Labels);
        return
        [
            new Workload(snapshot.Node.Namespace, snapshot.Node.Name, snapshot.Node.Labels, IsInMesh: true),
            .. snapshot.Pods.Select(pod =>
            {
                YamlNode? spec = (pod.Origin as YamlOrigin)?.Root["spec"];
                return new Workload(
                    pod.Namespace,
                    pod.Name,
                    WithPlace(pod.Metadata.Labels, pod.Spec.NodeName, nodes),
                    HasProxy(snapshot, pod.Namespace, pod.Metadata.Labels, pod.Metadata.Annotations, spec));
            }),
            .. Controllers.SelectMany(snapshot.Foreign).Select(controller =>
            {
                IReadOnlyDictionary<string, string> labels = controller.At("spec", "template", "metadata", "labels").Map();
                IReadOnlyDictionary<string, string> annotations = controller.At("spec", "template", "metadata", "annotations").Map();
                return new Workload(
                    controller.Namespace, controller.Name, labels, HasProxy(snapshot, controller.Namespace, labels, annotations, controller.At("spec", "template", "spec")));
            }),
        ];
    }

    /// <summary>Whether all of a selector is among the labels; an empty selector always is.</summary>
    public bool IsSelectedBy(IReadOnlyDictionary<string, string> selector) =>
        selector.All(label => Labels.TryGetValue(label.Key, out string? value) && value == label.Value);

    /// <summary>A selector as Kubernetes writes it.</summary>
    public static string Text(IReadOnlyDictionary<string, string> selector) =>
        string.Join(',', selector.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"));

    /// <summary>The field of the first label of a selector, at which Istio finds what is wrong with the whole of it.</summary>
    public static string FieldOf(string field, IReadOnlyDictionary<string, string> selector) =>
        selector.Count == 0 ? string.Empty : $"{field}.{selector.Keys.Order(StringComparer.Ordinal).First()}";

    // As Istio's registry sees it: topology of the node, and the node's name.
    private static Dictionary<string, string> WithPlace(
        IReadOnlyDictionary<string, string> labels, string nodeName, Dictionary<string, IReadOnlyDictionary<string, string>> nodes)
    {
        Dictionary<string, string> all = new(labels);
        if (nodes.TryGetValue(nodeName, out IReadOnlyDictionary<string, string>? node))
        {
            foreach (string label in new[] { TopologyLabels.Region, TopologyLabels.Zone, TopologyLabels.SubZone })
            {
                if (node.GetValueOrDefault(label) is not { Length: > 0 } value)
                {
                    break; // a zone without a region is none
                }

                all[label] = value;
            }
        }

        if (nodeName.Length > 0)
        {
            all[TopologyLabels.Hostname] = nodeName;
        }

        return all;
    }

    private static bool HasProxy(
        AnalysisSnapshot snapshot, string nameSpace, IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, string> annotations, YamlNode? spec)
    {
        if (annotations.GetValueOrDefault(AmbientAnnotation) == "enabled")
        {
            return true;
        }

        YamlNode? proxy = ContainerLists
            .SelectMany(list => YamlPath.Find(spec, list).Items())
            .FirstOrDefault(container => YamlPath.Find(container, "name").Text() == ProxyContainer);
        if (YamlPath.Find(proxy, "image").Text().Length > 0)
        {
            return true;
        }

        return labels.TryGetValue(InjectLabel, out string? asked) || annotations.TryGetValue(InjectLabel, out asked)
            ? asked == "true"
            : snapshot.FindNamespace(nameSpace)?.Metadata.Labels.GetValueOrDefault(NamespaceInjectionLabel) == "enabled";
    }
}
