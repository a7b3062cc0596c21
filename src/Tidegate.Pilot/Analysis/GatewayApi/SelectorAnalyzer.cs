using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Analysis.GatewayApi;

/// <summary>Whether a policy tries to reach a Gateway of the Gateway API by a selector, which does not reach it.</summary>
internal static class SelectorAnalyzer
{
    private const string GatewayNameLabel = "gateway.networking.k8s.io/gateway-name";

    private static readonly string[] Policies = ["AuthorizationPolicy", "RequestAuthentication", "Telemetry", "WasmPlugin"];

    public static void Analyze(AnalysisSnapshot snapshot, AnalysisReport report)
    {
        Workload[] pods = [.. snapshot.Workloads.Where(workload => workload.Labels.ContainsKey(GatewayNameLabel))];
        foreach (ForeignObject policy in Policies.SelectMany(snapshot.Foreign))
        {
            if (policy.At("spec", "targetRef") is YamlMapping || policy.At("spec", "selector") is not YamlMapping)
            {
                continue;
            }

            IReadOnlyDictionary<string, string> selector = policy.At("spec", "selector", "matchLabels").Map();
            foreach (Workload pod in pods.Where(pod => pod.Namespace == policy.Namespace && pod.IsSelectedBy(selector)))
            {
                report.Add(
                    MessageTypes.IneffectiveSelector,
                    policy,
                    string.Empty,
                    $"Ineffective selector on Kubernetes Gateway {pod.Labels[GatewayNameLabel]}. Use the TargetRef field instead.");
            }
        }
    }
}
