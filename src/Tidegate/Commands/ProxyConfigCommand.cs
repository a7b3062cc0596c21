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
        return CompleteDump(
            command,
            options,
            filters.All,
            WholeDump,
            (result, dump, form) =>
            {
                ListenerReport.WriteTable(console.Output, dump, filters.FilterOf(result), form);
                ListenerReport.WriteProblems(console.Errors, dump);
            },
            (result, dump, form, format) => ListenerReport.WriteMessages(console.Output, dump, filters.FilterOf(result), form, format));
    }

    private static DocumentedCommand Route(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new RouteOptions();
        DocumentedCommand command = Describe("route", "Show the routes of the gateway.", ["routes", "r"], "--name http.8080 -o json");
        return CompleteDump(
            command,
            options,
            filters.All,
            WholeDump,
            (result, dump, form) => RouteReport.WriteTable(console.Output, dump, filters.FilterOf(result), form),
            (result, dump, _, format) => RouteReport.WriteMessages(console.Output, dump, filters.FilterOf(result), format));
    }

    private static DocumentedCommand Cluster(CommandConsole console, ProxyConfigOptions options)
    {
        var filters = new ClusterOptions();
        DocumentedCommand command = Describe("cluster", "Show the clusters of the gateway: what it can send requests to.", ["clusters", "c"], "--fqdn webapp.istioinaction.svc.cluster.local");
        return CompleteDump(
            command,
            options,
            filters.All,
            WholeDump,
            (result, dump, form) => ClusterReport.WriteTable(console.Output, dump, filters.FilterOf(result), form),
            (result, dump, _, format) => ClusterReport.WriteMessages(console.Output, dump, filters.FilterOf(result), format));
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
        return CompleteDump(
            command,
            options,
            filters.All,
            DumpWithEndpoints,
            (result, dump, form) => EdsReport.WriteTable(console.Output, dump, filters.FilterOf(result), form),
            (result, dump, _, format) => EdsReport.WriteMessages(console.Output, dump, filters.FilterOf(result), format));
    }

    private static DocumentedCommand Ecds(CommandConsole console, ProxyConfigOptions options)
    {
        DocumentedCommand command = Describe("ecds", "Show the filters whose configuration is sent apart.", ["ec"], "-o yaml");
        return CompleteDump(
            command,
            options,
            [],
            DumpWithEndpoints,
            (_, dump, _) => EcdsReport.WriteTable(console.Output, dump),
            (_, dump, _, format) => EcdsReport.WriteMessage(console.Output, dump, format));
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
        return CompleteDump(
            command,
            options,
            [],
            WholeDump,
            (_, dump, form) => SecretReport.WriteTable(console.Output, dump, form, console.Time.GetUtcNow()),
            (_, dump, _, format) => SecretReport.WriteMessage(console.Output, dump, format));
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

    // A command that prints what is in the dump, as a table or as messages.
    private static DocumentedCommand CompleteDump(
        DocumentedCommand command,
        ProxyConfigOptions options,
        IEnumerable<Option> own,
        string page,
        Action<ParseResult, ConfigDumpDocument, TableForm> writeTable,
        Action<ParseResult, ConfigDumpDocument, TableForm, OutputFormat> writeMessages) =>
        Complete(command, options, own, async (result, cancellation) =>
        {
            OutputFormat format = options.FormatOf(result);
            TableForm form = options.FormOf(result);
            ConfigDumpDocument dump = ConfigDumpDocument.Parse(await options.ReadAsync(result, page, command.Name, cancellation).ConfigureAwait(false));
            if (format == OutputFormat.Short)
            {
                writeTable(result, dump, form);
            }
            else
            {
                writeMessages(result, dump, form, format);
            }
        });

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
