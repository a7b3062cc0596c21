using Envoy.Admin.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary><c>proxy-config eds</c> (cli.md, 3.3), from the page <c>/config_dump?include_eds</c>.</summary>
public static class EdsReport
{
    private const int Padding = 5;

    /// <summary>Writes the table; only its head when the dump has no endpoints.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="dump">What is told of.</param>
    /// <param name="filter">Which endpoints.</param>
    /// <param name="form">Whose table.</param>
    /// <param name="isPartOfAll">Whether it is one of the tables of <c>proxy-config all</c>.</param>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump, EndpointFilter filter, TableForm form, bool isPartOfAll = false)
    {
        string prefix = isPartOfAll && form == TableForm.Current ? "endpoint/" : string.Empty;
        var rows =
            from assignment in Assignments(dump)
            from locality in assignment.Endpoints
            from endpoint in locality.LbEndpoints
            where Accepts(filter, assignment, endpoint)
            select (Address: AddressOf(endpoint), Status: EndpointText.Health(endpoint.HealthStatus), Locality: LocalityOf(locality.Locality), Cluster: assignment.ClusterName);
        var table = new TabTable(Padding);
        table.Add(form == TableForm.Current ? "NAME" : "ENDPOINT", "STATUS", "LOCALITY", "CLUSTER");
        foreach ((string address, string status, string locality, string cluster) in rows)
        {
            table.Add(prefix + address, status, locality, cluster);
        }

        table.WriteTo(output);
    }

    /// <summary>Writes the assignments with only the endpoints that are asked for; those without any are left out.</summary>
    public static void WriteMessages(TextWriter output, ConfigDumpDocument dump, EndpointFilter filter, OutputFormat format)
    {
        List<ClusterLoadAssignment> kept = [];
        foreach (ClusterLoadAssignment assignment in Assignments(dump))
        {
            foreach (LocalityLbEndpoints locality in assignment.Endpoints.ToArray())
            {
                foreach (LbEndpoint endpoint in locality.LbEndpoints.Where(endpoint => !Accepts(filter, assignment, endpoint)).ToArray())
                {
                    locality.LbEndpoints.Remove(endpoint);
                }

                if (locality.LbEndpoints.Count == 0)
                {
                    assignment.Endpoints.Remove(locality);
                }
            }

            if (assignment.Endpoints.Count > 0)
            {
                kept.Add(assignment);
            }
        }

        OutputFormats.WriteList(output, format, kept);
    }

    private static IEnumerable<ClusterLoadAssignment> Assignments(ConfigDumpDocument dump)
    {
        if (dump.Sections(EndpointsConfigDump.Parser) is not [.., EndpointsConfigDump section])
        {
            return [];
        }

        Any?[] packed = [.. section.DynamicEndpointConfigs.Select(config => config.EndpointConfig), .. section.StaticEndpointConfigs.Select(config => config.EndpointConfig)];
        return packed.Where(config => config is not null)
            .Select(ConfigDumpDocument.Unpack<ClusterLoadAssignment>)
            .OrderBy(assignment => ReportedClusterName.Parse(assignment.ClusterName));
    }

    private static bool Accepts(EndpointFilter filter, ClusterLoadAssignment assignment, LbEndpoint endpoint) =>
        filter.Accepts(AddressOf(endpoint), EndpointText.Port(endpoint.Endpoint?.Address), assignment.ClusterName, EndpointText.Health(endpoint.HealthStatus));

    private static string AddressOf(LbEndpoint endpoint)
    {
        Address? address = endpoint.Endpoint?.Address;
        string first = address?.AddressCase == Address.AddressOneofCase.Pipe ? address.Pipe.Path : EndpointText.HostAndPort(address);
        return endpoint.Endpoint is { AdditionalAddresses: { Count: > 0 } additional }
            ? string.Join(',', additional.Select(other => EndpointText.HostAndPort(other.Address)).Prepend(first))
            : first;
    }

    private static string LocalityOf(Locality? locality)
    {
        string[] parts = [locality?.Region ?? string.Empty, locality?.Zone ?? string.Empty, locality?.SubZone ?? string.Empty];
        return string.Join('/', parts.TakeWhile(part => part.Length > 0));
    }
}
