using System.Globalization;
using System.Text;
using Envoy.Admin.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Tidegate.Printing;

namespace Tidegate.Admin;

/// <summary>Every cluster with its endpoints, as text or JSON (cli.md, 4.4).</summary>
internal static class ClustersPage
{
    /// <summary>Answers <c>/clusters</c>.</summary>
    public static AdminAnswer Answer(AdminContext context, IQueryCollection query)
    {
        Clusters clusters = context.Proxy.GetClusters();
        return query["format"] == "json"
            ? AdminAnswer.Json(ProtoJson.Format(clusters, ProtoJsonForm.ProtoNames, 1) + "\n")
            : AdminAnswer.Text(TextOf(clusters));
    }

    private static string TextOf(Clusters clusters)
    {
        var text = new StringBuilder();
        foreach (ClusterStatus cluster in clusters.ClusterStatuses)
        {
            void Line(string key, object value) => text.Append(CultureInfo.InvariantCulture, $"{cluster.Name}::{key}::{value}\n");

            Line("observability_name", cluster.ObservabilityName);
            foreach (CircuitBreakers.Types.Thresholds limits in cluster.CircuitBreakers.Thresholds)
            {
                string priority = limits.Priority == RoutingPriority.Default ? "default_priority" : "high_priority";
                Line($"{priority}::max_connections", limits.MaxConnections ?? 0);
                Line($"{priority}::max_pending_requests", limits.MaxPendingRequests ?? 0);
                Line($"{priority}::max_requests", limits.MaxRequests ?? 0);
                Line($"{priority}::max_retries", limits.MaxRetries ?? 0);
            }

            Line("added_via_api", cluster.AddedViaApi ? "true" : "false");
            if (cluster.EdsServiceName.Length > 0)
            {
                Line("eds_service_name", cluster.EdsServiceName);
            }

            foreach (HostStatus host in cluster.HostStatuses)
            {
                AppendHost(text, cluster.Name, host);
            }
        }

        return text.ToString();
    }

    private static void AppendHost(StringBuilder text, string cluster, HostStatus host)
    {
        string address = host.Address.SocketAddress is { } socket ? $"{socket.Address}:{socket.PortValue}" : host.Address.Pipe.Path;
        void Line(string key, object value) => text.Append(CultureInfo.InvariantCulture, $"{cluster}::{address}::{key}::{value}\n");

        foreach (SimpleMetric metric in host.Stats)
        {
            Line(metric.Name, metric.Value);
        }

        Line("hostname", host.Hostname);
        Line("health_flags", HealthFlags(host.HealthStatus));
        Line("weight", host.Weight);
        Line("region", host.Locality.Region);
        Line("zone", host.Locality.Zone);
        Line("sub_zone", host.Locality.SubZone);
        Line("canary", "false");
        Line("priority", host.Priority);
        Line("success_rate", host.SuccessRate?.Value ?? -1);
        Line("local_origin_success_rate", host.LocalOriginSuccessRate?.Value ?? -1);
    }

    // In Envoy's order of the flags.
    private static string HealthFlags(HostHealthStatus health)
    {
        string flags = string.Concat(
            health.FailedActiveHealthCheck ? "/failed_active_hc" : "",
            health.FailedOutlierCheck ? "/failed_outlier_check" : "",
            health.EdsHealthStatus switch
            {
                HealthStatus.Healthy or HealthStatus.Unknown => "",
                HealthStatus.Degraded => "/degraded_eds_health",
                HealthStatus.Draining => "/failed_eds_health/eds_status_draining",
                _ => "/failed_eds_health",
            },
            health.PendingActiveHc ? "/pending_active_hc" : "");
        flags += health.ActiveHcTimeout ? "/active_hc_timeout" : "";
        return flags.Length > 0 ? flags : "healthy";
    }
}
