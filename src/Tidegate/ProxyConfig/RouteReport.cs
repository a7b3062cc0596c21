using System.Globalization;
using Envoy.Admin.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Failures;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary>Which route configurations are asked for.</summary>
public sealed record RouteFilter
{
    /// <summary>The exact name; empty for all.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>Whether each route is shown, and not only the number of virtual hosts.</summary>
    public bool IsVerbose { get; init; } = true;
}

/// <summary><c>proxy-config route</c> (cli.md, 2).</summary>
public static class RouteReport
{
    private const int Padding = 5;

    /// <summary>Writes the table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="dump">What is told of.</param>
    /// <param name="filter">Which route configurations.</param>
    /// <param name="form">Whose table.</param>
    /// <param name="isPartOfAll">Whether it is one of the tables of <c>proxy-config all</c>.</param>
    public static void WriteTable(TextWriter output, ConfigDumpDocument dump, RouteFilter filter, TableForm form, bool isPartOfAll = false)
    {
        var table = new TabTable(Padding);
        string prefix = isPartOfAll && form == TableForm.Current ? "route/" : string.Empty;
        if (!filter.IsVerbose)
        {
            table.Add("NAME", "VIRTUAL HOSTS");
            foreach (RouteConfiguration routes in Select(dump, filter))
            {
                table.Add(prefix + routes.Name, routes.VirtualHosts.Count.ToString(CultureInfo.InvariantCulture));
            }

            table.WriteTo(output);
            return;
        }

        Add("NAME", "VHOST NAME", "DOMAINS", "MATCH", "VIRTUAL SERVICE");
        foreach (RouteConfiguration routes in Select(dump, filter))
        {
            foreach (VirtualHost host in routes.VirtualHosts)
            {
                string domains = RouteText.Domains(host.Domains);
                foreach (Route route in host.Routes.Where(route => RouteText.SingleCluster(route) != "PassthroughCluster"))
                {
                    Add(prefix + routes.Name, host.Name, domains, RouteText.Match(route.Match, form), RouteText.ConfigOf(route.Metadata));
                }

                if (host.Routes.Count == 0)
                {
                    Add(prefix + routes.Name, host.Name, domains, "/*", "404");
                }
            }
        }

        table.WriteTo(output);

        void Add(string name, string hostName, string domains, string match, string virtualService)
        {
            if (form == TableForm.Current)
            {
                table.Add(name, hostName, domains, match, virtualService);
            }
            else
            {
                table.Add(name, domains, match, virtualService);
            }
        }
    }

    /// <summary>Writes the route configurations themselves.</summary>
    public static void WriteMessages(TextWriter output, ConfigDumpDocument dump, RouteFilter filter, OutputFormat format) =>
        OutputFormats.WriteList(output, format, Select(dump, filter));

    private static IEnumerable<RouteConfiguration> Select(ConfigDumpDocument dump, RouteFilter filter)
    {
        RoutesConfigDump section = dump.Section(RoutesConfigDump.Parser);
        Any?[] packed = [.. section.DynamicRouteConfigs.Select(route => route.RouteConfig), .. section.StaticRouteConfigs.Select(route => route.RouteConfig)];
        RouteConfiguration[] routes = [.. packed.Where(route => route is not null).Select(ConfigDumpDocument.Unpack<RouteConfiguration>)];
        if (routes.Length == 0)
        {
            throw new CommandException("no routes found");
        }

        return InNumericOrder(routes).Where(route => filter.Name.Length == 0 || route.Name == filter.Name);
    }

    // Sidecars name routes by port; only those names have an order. That of a gateway's, "http.8080" and the like, is the dump's.
    private static IEnumerable<RouteConfiguration> InNumericOrder(RouteConfiguration[] routes) =>
        routes.All(route => int.TryParse(route.Name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
            ? routes.OrderBy(route => int.Parse(route.Name, CultureInfo.InvariantCulture))
            : InsertionSorted(routes);

    private static RouteConfiguration[] InsertionSorted(RouteConfiguration[] routes)
    {
        for (int i = 1; i < routes.Length; i++)
        {
            for (int j = i; j > 0 && IsNumericallyBefore(routes[j].Name, routes[j - 1].Name); j--)
            {
                (routes[j], routes[j - 1]) = (routes[j - 1], routes[j]);
            }
        }

        return routes;
    }

    private static bool IsNumericallyBefore(string left, string right) =>
        int.TryParse(left, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int leftPort)
        && int.TryParse(right, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int rightPort)
        && leftPort < rightPort;
}
