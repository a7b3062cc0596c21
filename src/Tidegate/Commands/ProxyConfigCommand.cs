using System.CommandLine;
using Envoy.Admin.V3;
using Tidegate.Printing;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary><c>tidegate proxy-config</c>: what the gateway runs, printed as istioctl prints it (cli.md, 0 to 3).</summary>
internal static class ProxyConfigCommand
{
    private const string WholeDump = "config_dump";
    private const string DumpWithEndpoints = "config_dump?include_eds=true";

    private static readonly string[] Examples =
    [
        "# Ports that the gateway listens on, and where each leads",
        "tidegate proxy-config listener deploy/istio-ingressgateway -n istio-system",
        "",
        "# One route configuration as JSON",
        "tidegate pc route deploy/istio-ingressgateway --name http.8080 -o json",
        "",
        "# From a dump that was saved before",
        "curl -s localhost:15000/config_dump > dump.json",
        "tidegate pc cluster --file dump.json",
    ];

    public static Command Create(CommandConsole console)
    {
        var options = new ProxyConfigOptions(console);
        DocumentedCommand command = new DocumentedCommand("proxy-config", "Show what the gateway runs: listeners, routes, clusters, endpoints, ...", Examples).WithAliases("pc");
        foreach (Option option in options.Shared)
        {
            option.Recursive = true;
            command.Add(option);
        }

        Command[] subcommands =
        [
            All(console, options),
            Bootstrap(console, options),
            Cluster(console, options),
            Ecds(console, options),
            Eds(console, options),
            Endpoint(console, options),
            Listener(console, options),
            LogCommand.Create(console, options),
            Route(console, options),
            Secret(console, options),
        ];
        foreach (Command subcommand in subcommands)
        {
            command.Add(subcommand);
        }

        return command;
    }

    private static DocumentedCommand Listener(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new ListenerOptions();
        DocumentedCommand command = Describe("listener", "Show the listeners of the gateway.", ["listeners", "l"], "--port 8080 -o json");
        return Complete(command, options, filters.All, async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            TableForm form = options.FormOf(result);
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, WholeDump, "listener", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                ListenerReport.WriteTable(console.Output, dump, filters.FilterOf(result), form);
            }
            else
            {
                ListenerReport.WriteMessages(console.Output, dump, filters.FilterOf(result), form, format);
            }
        });
    }

    private static DocumentedCommand Route(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new RouteOptions();
        DocumentedCommand command = Describe("route", "Show the routes of the gateway.", ["routes", "r"], "--name http.8080 -o json");
        return Complete(command, options, filters.All, async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            TableForm form = options.FormOf(result);
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, WholeDump, "route", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                RouteReport.WriteTable(console.Output, dump, filters.FilterOf(result), form);
            }
            else
            {
                RouteReport.WriteMessages(console.Output, dump, filters.FilterOf(result), format);
            }
        });
    }

    private static DocumentedCommand Cluster(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new ClusterOptions();
        DocumentedCommand command = Describe("cluster", "Show the clusters of the gateway: what it can send requests to.", ["clusters", "c"], "--fqdn webapp.istioinaction.svc.cluster.local");
        return Complete(command, options, filters.All, async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            TableForm form = options.FormOf(result);
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, WholeDump, "cluster", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                ClusterReport.WriteTable(console.Output, dump, filters.FilterOf(result), form);
            }
            else
            {
                ClusterReport.WriteMessages(console.Output, dump, filters.FilterOf(result), format);
            }
        });
    }

    private static DocumentedCommand Endpoint(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new EndpointOptions();
        DocumentedCommand command = Describe("endpoint", "Show the endpoints of the gateway's clusters and their health.", ["endpoints", "ep"], "--status unhealthy");
        return Complete(command, options, filters.All, async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            Clusters clusters = EndpointReport.Parse(await options.ReadAsync(result, "clusters?format=json", "endpoints", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                EndpointReport.WriteTable(console.Output, clusters, filters.FilterOf(result));
            }
            else
            {
                EndpointReport.WriteMessages(console.Output, clusters, filters.FilterOf(result), format);
            }
        });
    }

    private static DocumentedCommand Eds(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new EndpointOptions();
        DocumentedCommand command = Describe("eds", "Show the endpoints as the control plane sent them.", [], "--cluster 'outbound|80||webapp.istioinaction.svc.cluster.local'");
        command.Hidden = true;
        return Complete(command, options, filters.All, async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            TableForm form = options.FormOf(result);
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, DumpWithEndpoints, "eds", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                EdsReport.WriteTable(console.Output, dump, filters.FilterOf(result), form);
            }
            else
            {
                EdsReport.WriteMessages(console.Output, dump, filters.FilterOf(result), format);
            }
        });
    }

    private static DocumentedCommand Ecds(CommandConsole console, ProxyConfigOptions options)
    {
        DocumentedCommand command = Describe("ecds", "Show the filters whose configuration is sent apart.", ["ec"], "-o yaml");
        return Complete(command, options, [], async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, DumpWithEndpoints, "ecds", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                EcdsReport.WriteTable(console.Output, dump);
            }
            else
            {
                EcdsReport.WriteMessages(console.Output, dump, format);
            }
        });
    }

    private static DocumentedCommand Bootstrap(CommandConsole console, ProxyConfigOptions options)
    {
        DocumentedCommand command = Describe("bootstrap", "Show what the gateway was started with.\n\nThe default output format is json.", ["b"], "-o short");
        return Complete(command, options, [], async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result, ownDefault: "json");
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, WholeDump, "bootstrap", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                BootstrapReport.WriteTable(console.Output, dump);
            }
            else
            {
                BootstrapReport.WriteMessage(console.Output, dump, format);
            }
        });
    }

    private static DocumentedCommand Secret(CommandConsole console, ProxyConfigOptions options)
    {
        DocumentedCommand command = Describe("secret", "Show the certificates that the gateway holds.", ["secrets", "s"], "-o json");
        return Complete(command, options, [], async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            TableForm form = options.FormOf(result);
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, WholeDump, "secret", cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                SecretReport.WriteTable(console.Output, dump, form, console.Time.GetUtcNow());
            }
            else
            {
                SecretReport.WriteMessage(console.Output, dump, format);
            }
        });
    }

    private static DocumentedCommand All(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new FullOptions();
        DocumentedCommand command = Describe("all", "Show everything: clusters, listeners, routes and secrets.", ["a"], "-o json");
        return Complete(command, options, filters.All, async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            TableForm form = options.FormOf(result);
            string text = await options.ReadAsync(result, DumpWithEndpoints, "all", cancellation).ConfigureAwait(false);
            if (format == OutputFormat.Short)
            {
                FullReport.WriteTables(console.Output, ConfigDumpDocument.Parse(text), filters.FilterOf(result), form, console.Time.GetUtcNow(), result.GetValue(filters.WithHeaders));
            }
            else
            {
                OutputFormats.WriteJson(console.Output, format, ConfigDumpDocument.Parse(text).Text);
            }
        });
    }

    private static DocumentedCommand Describe(string name, string description, string[] aliases, string exampleFlags) => new DocumentedCommand(
        name,
        description,
        $"tidegate proxy-config {name} deploy/istio-ingressgateway -n istio-system",
        $"tidegate proxy-config {name} deploy/istio-ingressgateway {exampleFlags}",
        $"tidegate proxy-config {name} --file {(name == "endpoint" ? "clusters" : "dump")}.json").WithAliases(aliases);

    private static DocumentedCommand Complete(DocumentedCommand command, ProxyConfigOptions options, IEnumerable<Option> own, Func<ParseResult, CancellationToken, Task> run)
    {
        command.Add(options.Target);
        command.Add(options.File);
        foreach (Option option in own)
        {
            command.Add(option);
        }

        command.SetAction(run);
        return command;
    }
}
