using System.Globalization;
using Envoy.Admin.V3;
using Envoy.Config.Cluster.V3;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Failures;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary>Which clusters are asked for; each condition is looked for in the whole name.</summary>
public sealed record ClusterFilter
{
    /// <summary>A part of the name; empty for all.</summary>
    public string Fqdn { get; init; } = string.Empty;

    /// <summary>The port; 0 for all.</summary>
    public int Port { get; init; }

    /// <summary>A part of the name; empty for all.</summary>
    public string Subset { get; init; } = string.Empty;

    /// <summary>A part of the name; empty for all.</summary>
    public string Direction { get; init; } = string.Empty;
}

/// <summary><c>proxy-config cluster</c> (cli.md, 3.1).</summary>
public static class ClusterReport
{
    private const int Padding = 5;

    /// <summary>Writes the table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="dump">What is told of.</param>
    /// <param name="filter">Which clusters.</param>
    /// <param name="form">Whose table.</param>
    /// <param name="isPartOfAll">Whether it is one of the tables of <c>proxy-config all</c>.</param>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump, ClusterFilter filter, TableForm form, bool isPartOfAll = false)
    {
        bool hasName = isPartOfAll && form == TableForm.Current;
        var table = new TabTable(Padding);
        Add("NAME", "SERVICE FQDN", "PORT", "SUBSET", "DIRECTION", "TYPE", "DESTINATION RULE");
        foreach (Cluster cluster in Select(dump, filter))
        {
            string name = $"cluster/{cluster.Name}";
            string type = TypeOf(cluster);
            string rule = RouteText.ConfigOf(cluster.Metadata);
            ReportedClusterName parts = ReportedClusterName.Parse(cluster.Name);
            if (parts.HasParts)
            {
                string subset = parts.Subset.Length == 0 ? "-" : parts.Subset;
                Add(name, parts.Fqdn, parts.Port.ToString(CultureInfo.InvariantCulture), subset, parts.Direction, type, rule);
            }
            else
            {
                // With the first column, istioctl has the same in the second.
                Add(name, hasName ? name : cluster.Name, "-", "-", "-", type, rule);
            }
        }

        table.WriteTo(output);

        void Add(string name, params string[] cells) => table.Add(hasName ? [name, .. cells] : cells);
    }

    /// <summary>Writes the clusters themselves.</summary>
    public static void WriteMessages(TextWriter output, ConfigDumpDocument dump, ClusterFilter filter, OutputFormat format) =>
        OutputFormats.WriteList(output, format, Select(dump, filter));

    private static IEnumerable<Cluster> Select(ConfigDumpDocument dump, ClusterFilter filter)
    {
        ClustersConfigDump section = dump.Section(ClustersConfigDump.Parser);
        Any?[] packed = [.. section.DynamicActiveClusters.Select(cluster => cluster.Cluster), .. section.StaticClusters.Select(cluster => cluster.Cluster)];
        Cluster[] clusters = [.. packed.Where(cluster => cluster is not null).Select(ConfigDumpDocument.Unpack<Cluster>)];
        if (clusters.Length == 0)
        {
            throw new CommandException("no clusters found");
        }

        return clusters.OrderBy(cluster => ReportedClusterName.Parse(cluster.Name)).Where(cluster =>
            cluster.Name.Contains(filter.Fqdn, StringComparison.Ordinal)
            && cluster.Name.Contains(filter.Subset, StringComparison.Ordinal)
            && cluster.Name.Contains(filter.Direction, StringComparison.Ordinal)
            && (filter.Port == 0 || cluster.Name.Contains(string.Create(CultureInfo.InvariantCulture, $"|{filter.Port}|"), StringComparison.Ordinal)));
    }

    private static string TypeOf(Cluster cluster)
    {
        int type = cluster.ClusterDiscoveryTypeCase == Cluster.ClusterDiscoveryTypeOneofCase.Type ? (int)cluster.Type : 0;
        return Cluster.Descriptor.FindDescriptor<EnumDescriptor>("DiscoveryType").FindValueByNumber(type)?.Name ?? type.ToString(CultureInfo.InvariantCulture);
    }
}
