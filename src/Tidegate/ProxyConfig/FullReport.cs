using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary><c>proxy-config all</c> (cli.md, 3.7): the tables one after the other.</summary>
public static class FullReport
{
    /// <summary>Writes the tables, an empty line between them.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="dump">What is told of.</param>
    /// <param name="filters">Which parts of it.</param>
    /// <param name="form">Whose tables: 1.16 has neither the bootstrap nor the endpoints.</param>
    /// <param name="now">What certificates are judged against.</param>
    /// <param name="hasHeaders">Whether each table has a heading (current form).</param>
    public static void WriteTables(TextWriter output, ConfigDumpDocument dump, FullFilter filters, TableForm form, DateTimeOffset now, bool hasHeaders)
    {
        bool isCurrent = form == TableForm.Current;
        (string Heading, bool IsShown, Action Write)[] blocks =
        [
            ("BOOTSTRAP", isCurrent, () => BootstrapReport.WriteTable(output, dump)),
            ("CLUSTER", true, () => ClusterReport.WriteTable(output, dump, filters.Clusters, form, isPartOfAll: true)),
            ("LISTENER", true, () => ListenerReport.WriteTable(output, dump, filters.Listeners, form, isPartOfAll: true)),
            ("ROUTE", true, () => RouteReport.WriteTable(output, dump, filters.Routes, form, isPartOfAll: true)),
            ("SECRET", true, () => SecretReport.WriteTable(output, dump, form, now, isPartOfAll: true)),
            ("ENDPOINTS", isCurrent, () => EdsReport.WriteTable(output, dump, filters.Endpoints, form, isPartOfAll: true)),
        ];
        bool isFirst = true;
        foreach ((string heading, _, Action write) in blocks.Where(block => block.IsShown))
        {
            if (!isFirst)
            {
                output.Write('\n');
            }

            isFirst = false;
            if (hasHeaders)
            {
                output.Write($"------ {heading} INFO ------\n\n");
            }

            write();
        }
    }
}

/// <summary>Which parts of everything are asked for.</summary>
public sealed record FullFilter(ClusterFilter Clusters, ListenerFilter Listeners, RouteFilter Routes, EndpointFilter Endpoints);
