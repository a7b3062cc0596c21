using System.Globalization;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>Fills MeshConfig's <c>outboundClusterStatName</c> for a cluster: <c>%SERVICE%_%SERVICE_PORT%</c> and the like.</summary>
internal static class StatNamePattern
{
    /// <summary>Fills it.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="service">The service of the cluster.</param>
    /// <param name="port">The number of the port; for connections, which have no cluster's own, that of the Gateway's.</param>
    /// <param name="portName">The name of that port.</param>
    /// <param name="subset">The subset; empty for none.</param>
    public static string Fill(string pattern, MeshService service, int port, string portName, string subset) => pattern
        .Replace("%SERVICE_FQDN%", service.Hostname, StringComparison.Ordinal)
        .Replace("%SERVICE_NAME%", service.Name, StringComparison.Ordinal)
        .Replace("%SERVICE_PORT_NAME%", portName, StringComparison.Ordinal)
        .Replace("%SERVICE_PORT%", port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        // Istio fills it for servers only.
        .Replace("%TARGET_PORT%", "0", StringComparison.Ordinal)
        .Replace("%SUBSET_NAME%", subset, StringComparison.Ordinal)
        // A Service of Kubernetes is named with its namespace, anything else by its host.
        .Replace("%SERVICE%", service.IsKubernetes ? $"{service.Name}.{service.Namespace}" : service.Hostname, StringComparison.Ordinal);
}
