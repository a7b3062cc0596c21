using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis.Policies;

/// <summary>Whether an AuthorizationPolicy applies to anything, and whether the namespaces that it names are there.</summary>
internal static class AuthorizationPolicyAnalyzer
{

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        foreach (ForeignObject policy in snapshot.Foreign("AuthorizationPolicy"))
        {
            CheckWorkloads(policy, snapshot, report);
            CheckNamespaces(policy, snapshot, report);
        }
    }

    private static void CheckWorkloads(ForeignObject policy, AnalysisSnapshot snapshot, AnalysisReport report)
    {
        bool hasSelector = policy.At("spec", "selector") is YamlMapping;
        IReadOnlyDictionary<string, string> selector = policy.At("spec", "selector", "matchLabels").Map();
        bool isForMesh = policy.Namespace == snapshot.RootNamespace;
        bool isForAll = isForMesh && !hasSelector;
        if (!isForAll && !snapshot.Workloads.Any(workload => workload.IsInMesh && (isForMesh || workload.Namespace == policy.Namespace) && workload.IsSelectedBy(selector)))
        {
            report.Add(MessageTypes.NoMatchingWorkloads, policy, string.Empty, $"No matching workloads for this resource with the following labels: {Workload.Text(selector)}");
        }
    }

    private static void CheckNamespaces(ForeignObject policy, AnalysisSnapshot snapshot, AnalysisReport report)
    {
        IReadOnlyList<YamlNode> rules = policy.At("spec", "rules").Items();
        for (int i = 0; i < rules.Count; i++)
        {
            IReadOnlyList<YamlNode> sources = YamlPath.Find(rules[i], "from").Items();
            for (int j = 0; j < sources.Count; j++)
            {
                foreach (string list in new[] { "namespaces", "notNamespaces" })
                {
                    IReadOnlyList<YamlNode> names = YamlPath.Find(sources[j], "source", list).Items();
                    for (int k = 0; k < names.Count; k++)
                    {
                        string name = names[k].Text();
                        if (!snapshot.Namespaces.Any(known => Fits(known.Name, name)))
                        {
                            report.AddNotFound(policy, $"spec.rules[{i}].from[{j}].source.{list}[{k}]", "namespace", name);
                        }
                    }
                }
            }
        }
    }

    private static bool Fits(string name, string pattern) => pattern switch
    {
        "*" => true,
        ['*', .. var suffix] => name.EndsWith(suffix, StringComparison.Ordinal),
        [.. var prefix, '*'] => name.StartsWith(prefix, StringComparison.Ordinal),
        _ => name.Equals(pattern, StringComparison.OrdinalIgnoreCase),
    };
}
