using System.Globalization;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>Fills MeshConfig's <c>outboundClusterStatName</c> for a cluster: <c>%SERVICE%_%SERVICE_PORT%</c> and the like.</summary>
internal static class StatNamePattern
{
    public static string Fill(string pattern, MeshService service, MeshServicePort port, Subset? subset) => pattern
        .Replace("%SERVICE_FQDN%", service.Hostname, StringComparison.Ordinal)
        .Replace("%SERVICE_NAME%", service.Name, StringComparison.Ordinal)
        .Replace("%SERVICE_PORT_NAME%", port.Name, StringComparison.Ordinal)
        .Replace("%SERVICE_PORT%", Text(port.Number), StringComparison.Ordinal)
        .Replace("%TARGET_PORT%", Text(port.TargetPort ?? port.Number), StringComparison.Ordinal)
        .Replace("%SUBSET_NAME%", subset?.Name ?? "", StringComparison.Ordinal)
        // A Service of Kubernetes is named with its namespace, anything else by its host.
        .Replace("%SERVICE%", service.IsKubernetes ? $"{service.Name}.{service.Namespace}" : service.Hostname, StringComparison.Ordinal);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
