using System.Text.Json;
using Envoy.Admin.V3;
using Google.Protobuf;
using Tidegate.Failures;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary>Which endpoints are asked for; all conditions have to hold.</summary>
public sealed record EndpointFilter
{
    /// <summary>The address without its port, without regard to case; empty for all. For <c>eds</c>: with its port.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>The port; 0 for all.</summary>
    public int Port { get; init; }

    /// <summary>The whole name of the cluster, without regard to case; empty for all.</summary>
    public string Cluster { get; init; } = string.Empty;

    /// <summary>The health status, without regard to case; empty for all.</summary>
    public string Status { get; init; } = string.Empty;

    /// <summary>Whether an endpoint is asked for.</summary>
    public bool Accepts(string address, uint port, string cluster, string status) =>
        (Address.Length == 0 || Address.Equals(address, StringComparison.OrdinalIgnoreCase))
        && (Port == 0 || Port == port)
        && (Cluster.Length == 0 || Cluster.Equals(cluster, StringComparison.OrdinalIgnoreCase))
        && (Status.Length == 0 || Status.Equals(status, StringComparison.OrdinalIgnoreCase));
}

/// <summary><c>proxy-config endpoint</c> (cli.md, 3.2), from the page <c>/clusters?format=json</c>.</summary>
public static class EndpointReport
{
    private const int Padding = 5;

    /// <summary>Reads the page.</summary>
    /// <exception cref="CommandException">It is something else.</exception>
    public static Clusters Parse(string text)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 512 });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new CommandException("error unmarshalling clusters response from Envoy: it is not an object; is this the output of /clusters?format=json?");
            }

            return (Clusters)ProtoJsonReader.Read(json.RootElement, Clusters.Descriptor);
        }
        catch (Exception exception) when (exception is JsonException or InvalidJsonException or InvalidProtocolBufferException)
        {
            throw new CommandException($"error unmarshalling clusters response from Envoy: {exception.Message}", exception);
        }
    }

    /// <summary>Writes the table.</summary>
    public static void WriteTable(TextWriter output, Clusters clusters, EndpointFilter filter)
    {
        var rows =
            from cluster in clusters.ClusterStatuses
            from host in cluster.HostStatuses
            where Accepts(filter, cluster, host)
            select (Cluster: cluster.Name, Host: host);
        var table = new TabTable(Padding);
        table.Add("ENDPOINT", "STATUS", "OUTLIER CHECK", "CLUSTER");
        foreach ((string cluster, HostStatus host) in rows
            .OrderBy(row => EndpointText.Host(row.Host.Address), StringComparer.Ordinal)
            .ThenBy(row => EndpointText.Port(row.Host.Address))
            .ThenBy(row => row.Cluster, StringComparer.Ordinal))
        {
            table.Add(EndpointText.HostAndPort(host.Address), StatusOf(host), host.HealthStatus?.FailedOutlierCheck == true ? "FAILED" : "OK", cluster);
        }

        table.WriteTo(output);
    }

    /// <summary>Writes the clusters that have an endpoint that is asked for, with all their endpoints.</summary>
    public static void WriteMessages(TextWriter output, Clusters clusters, EndpointFilter filter, OutputFormat format) =>
        OutputFormats.WriteList(output, format, clusters.ClusterStatuses.Where(cluster => cluster.HostStatuses.Any(host => Accepts(filter, cluster, host))));

    private static bool Accepts(EndpointFilter filter, ClusterStatus cluster, HostStatus host) =>
        filter.Accepts(EndpointText.Host(host.Address), EndpointText.Port(host.Address), cluster.Name, StatusOf(host));

    private static string StatusOf(HostStatus host) => EndpointText.Health(host.HealthStatus?.EdsHealthStatus ?? default);
}
