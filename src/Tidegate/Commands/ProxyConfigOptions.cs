using System.CommandLine;
using Tidegate.Failures;
using Tidegate.Printing;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary>The options that all of <c>proxy-config</c> have, and those that several have.</summary>
internal sealed class ProxyConfigOptions
{
    private const int DefaultAdminPort = 15000;

    private readonly CommandConsole _console;

    public ProxyConfigOptions(CommandConsole console)
    {
        _console = console;
        ProxyAdminPort = new(["--proxy-admin-port"], "PORT", "Port of the gateway's admin pages", DefaultAdminPort, DocumentedOption.ParseNumber)
        {
            EnvironmentVariable = "TIDEGATE_ADMIN_PORT",
            Environment = console.Environment,
        };
        AdminAddress = new(["--admin-address"], "ADDRESS", "Address of the gateway's admin pages", "127.0.0.1", text => text)
        {
            EnvironmentVariable = "TIDEGATE_ADMIN_ADDRESS",
            Environment = console.Environment,
        };
        CompatibilityVersion = new(["--compatibility-version"], "1.16|current", "Whose tables are printed: those of istioctl 1.16, or of the current one", "1.16", text => text)
        {
            EnvironmentVariable = "TIDEGATE_COMPATIBILITY_VERSION",
            Environment = console.Environment,
        };
        Output.CompletionSources.Add("short", "json", "yaml");
        CompatibilityVersion.CompletionSources.Add("1.16", "current");
    }

    public DocumentedOption<string> Output { get; } = DocumentedOption.Text(["--output", "-o"], "FORMAT", "Output format: short, json or yaml", "short");

    public DocumentedOption<int> ProxyAdminPort { get; }

    public DocumentedOption<string> AdminAddress { get; }

    public DocumentedOption<string> CompatibilityVersion { get; }

    public DocumentedOption<string> Namespace { get; } = DocumentedOption.Text(["--namespace", "-n"], "NAMESPACE", "Namespace of the gateway");

    public DocumentedOption<string> IstioNamespace { get; } =
        DocumentedOption.Text(["--istioNamespace", "-i"], "NAMESPACE", "Namespace of the control plane; accepted, there is none to choose", "istio-system");

    public DocumentedOption<string> File { get; } = DocumentedOption.Text(["--file", "-f"], "FILE", "Read this saved admin page and not a running gateway; - is standard input");

    public Argument<string[]> Target { get; } = new("target") { HelpName = "[TYPE/]NAME[.NAMESPACE]", Arity = ArgumentArity.ZeroOrMore };

    /// <summary>Those that every subcommand has from <c>proxy-config</c> itself.</summary>
    public IEnumerable<Option> Shared => [Output, ProxyAdminPort, AdminAddress, CompatibilityVersion, Namespace, IstioNamespace];

    public OutputFormat FormatOf(ParseResult result, string? ownDefault = null)
    {
        bool isGiven = result.GetResult(Output) is { Implicit: false };
        return OutputFormats.Parse(!isGiven && ownDefault is not null ? ownDefault : result.GetValue(Output)!);
    }

    public TableForm FormOf(ParseResult result) => result.GetValue(CompatibilityVersion) switch
    {
        "1.16" => TableForm.Istio1_16,
        "current" => TableForm.Current,
        var other => throw new CommandException($"--compatibility-version: \"{other}\" is none of 1.16, current", ExitCodes.Usage),
    };

    public AdminClient ClientOf(ParseResult result)
    {
        int port = result.GetValue(ProxyAdminPort);
        return port is >= 1 and <= 65535
            ? new AdminClient(result.GetValue(AdminAddress)!, port)
            : throw new CommandException($"port number {port} must be in the range 1..65535");
    }

    /// <summary>What is to be printed from: a page of the named gateway, or a file.</summary>
    public async Task<string> ReadAsync(ParseResult result, string page, string subject, CancellationToken cancellation)
    {
        string file = result.GetValue(File)!;
        string[] targets = result.GetValue(Target)!;
        if (targets.Length == 1 != (file.Length == 0))
        {
            HelpText.WriteUsage(_console.Errors, result.CommandResult.Command);
            throw new CommandException($"{subject} requires pod name or --file parameter");
        }

        if (file.Length > 0)
        {
            return await ReadFileAsync(file, cancellation).ConfigureAwait(false);
        }

        string nameSpace = result.GetValue(Namespace)!;
        using AdminClient client = ClientOf(result);
        await ProxyTarget.Parse(targets[0], nameSpace.Length == 0 ? null : nameSpace).ResolveAsync(client, cancellation).ConfigureAwait(false);
        return await client.GetAsync(page, cancellation).ConfigureAwait(false);
    }

    private async Task<string> ReadFileAsync(string file, CancellationToken cancellation)
    {
        try
        {
            return file == "-"
                ? await _console.Input.ReadToEndAsync(cancellation).ConfigureAwait(false)
                : await System.IO.File.ReadAllTextAsync(file, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"open {file}: {(exception is FileNotFoundException or DirectoryNotFoundException ? "no such file or directory" : exception.Message)}", exception);
        }
    }
}
