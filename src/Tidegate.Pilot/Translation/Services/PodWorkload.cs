using System.Text.RegularExpressions;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>What telemetry calls the workload that a Pod is one of, as Istio derives it from what keeps the Pod running.</summary>
internal static partial class PodWorkload
{
    private const string TemplateHashLabel = "pod-template-hash";
    private const string DeploymentConfigLabel = "deploymentconfig";

    /// <summary>The Deployment's name for a Pod of its ReplicaSet, the CronJob's for one of its Job; else the controller's, or the Pod's own.</summary>
    public static string NameOf(Pod pod)
    {
        if (pod.Spec.Controller is not { Name.Length: > 0 } controller)
        {
            return pod.Name;
        }
        switch (controller.Kind)
        {
            case "ReplicaSet" when pod.Metadata.Labels.GetValueOrDefault(TemplateHashLabel) is { Length: > 0 } hash
                && controller.Name.EndsWith($"-{hash}", StringComparison.Ordinal):
                return controller.Name[..^(hash.Length + 1)];
            case "ReplicationController" when pod.Metadata.Labels.GetValueOrDefault(DeploymentConfigLabel) is { Length: > 0 } config:
                return config;
            case "Job" when JobOfCronJob().Match(controller.Name) is { Success: true } match:
                return match.Groups[1].Value;
            default:
                return controller.Name;
        }
    }

    // A CronJob names its Jobs by the time they were meant for: seconds, later minutes, since 1970.
    [GeneratedRegex(@"^(.+)-[0-9]{8,10}$")]
    private static partial Regex JobOfCronJob();
}
