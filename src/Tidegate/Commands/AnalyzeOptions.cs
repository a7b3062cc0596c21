using System.CommandLine;
using Tidegate.Diagnostics;
using Tidegate.Failures;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Validation;
using Tidegate.Settings;

namespace Tidegate.Commands;

/// <summary>The flags of <c>analyze</c> (cli.md, 5.1).</summary>
internal sealed class AnalyzeOptions(CommandConsole console)
{
    private const string DefaultNamespace = "default";

    private readonly DocumentedOption<bool> _list = DocumentedOption.Switch(["--list-analyzers", "-L"], "List the analyzers, and do nothing else");
    private readonly DocumentedOption<bool> _useKube = DocumentedOption.Switch(["--use-kube", "-k"], "Without FILEs, ask the running gateway; false analyzes files only", fallback: true);
    private readonly DocumentedOption<bool> _allNamespaces = DocumentedOption.Switch(["--all-namespaces", "-A"], "Analyze all namespaces");
    private readonly DocumentedOption<string> _namespace = DocumentedOption.Text(["--namespace", "-n"], "NAMESPACE", "The namespace that is analyzed, and that of objects that name none; of a running gateway all are shown without it");
    private readonly Option<string[]> _suppress = Repeated(["--suppress", "-S"], "CODE=KIND NAMESPACE/NAME", "Do not tell a code of an object; * in it stands for anything. May be given several times");
    private readonly DocumentedOption<Severity> _failureThreshold = Threshold("--failure-threshold", "How bad a finding has to be for a failure", Severity.Error);
    private readonly DocumentedOption<Severity> _outputThreshold = Threshold("--output-threshold", "How bad a finding has to be to be told", Severity.Info);
    private readonly DocumentedOption<AnalyzeFormat> _output = new(["--output", "-o"], "FORMAT", "Output format: log, json or yaml", AnalyzeFormat.Log, ParseFormat) { DefaultText = "log" };
    private readonly DocumentedOption<bool?> _color = new(["--color"], string.Empty, "Colour the output; by default when it goes to a terminal", null, text => DocumentedOption.ParseBoolean(text)) { DefaultText = string.Empty };
    private readonly DocumentedOption<bool> _verbose = DocumentedOption.Switch(["--verbose", "-v"], "Tell what was analyzed");
    private readonly DocumentedOption<string> _meshConfig = DocumentedOption.Text(["--meshConfigFile"], "FILE", "The mesh's configuration, in place of what the files have");
    private readonly DocumentedOption<bool> _ignoreUnknown = DocumentedOption.Switch(["--ignore-unknown"], "Do not fail for files that cannot be parsed");
    private readonly Option<string[]> _analyzers = Repeated(["--analyzer"], "NAME", "Run this analyzer only. May be given several times");
    private readonly DocumentedOption<string> _gatewayNamespace = DocumentedOption.Text(["--gateway-namespace"], "NAMESPACE", "Namespace that the gateway runs in", ProxyNode.IngressGateway.Namespace);
    private readonly DocumentedOption<IReadOnlyDictionary<string, string>> _gatewayLabels =
        new(["--gateway-labels"], "KEY=VALUE,...", "Labels of the gateway, which a Gateway's selector has to fit", ProxyNode.IngressGateway.Labels, ParseLabels)
        {
            DefaultText = "app=istio-ingressgateway,istio=ingressgateway",
        };

    /// <summary>How the running gateway is reached.</summary>
    public ProxyConfigOptions Gateway { get; } = new(console);

    /// <summary>The files to analyze.</summary>
    public Argument<string[]> Files { get; } = new("FILE") { HelpName = "[FILE...]", Arity = ArgumentArity.ZeroOrMore, Description = "Manifests: files, directories, or - for standard input." };

    /// <summary>All flags. Some of istioctl's are accepted without effect, as their descriptions say.</summary>
    public IEnumerable<Option> All =>
    [
        _list,
        _useKube,
        _allNamespaces,
        _namespace,
        _suppress,
        _failureThreshold,
        _outputThreshold,
        _output,
        _color,
        _verbose,
        _meshConfig,
        _ignoreUnknown,
        _analyzers,
        _gatewayNamespace,
        _gatewayLabels,
        Gateway.ProxyAdminPort,
        Gateway.AdminAddress,
        Gateway.IstioNamespace,
        DocumentedOption.Switch(["--recursive", "-R"], "Accepted without effect: directories are always analyzed with all below them"),
        DocumentedOption.Text(["--timeout"], "DURATION", "Accepted without effect: nothing is waited for"),
        DocumentedOption.Text(["--revision", "-r"], "REVISION", "Accepted without effect: there is one control plane"),
    ];

    /// <summary>What a command line asks for.</summary>
    /// <exception cref="CommandException">Something of it makes no sense.</exception>
    public AnalyzeRequest Of(ParseResult result)
    {
        string[] files = result.GetValue(Files) ?? [];
        string given = result.GetValue(_namespace)!;
        return new AnalyzeRequest
        {
            ListsAnalyzers = result.GetValue(_list),
            UsesGateway = result.GetValue(_useKube),
            Files = files,
            Namespace = result.GetValue(_allNamespaces) || (given.Length == 0 && files.Length == 0) ? null : given.Length == 0 ? DefaultNamespace : given,
            Suppressions = [.. (result.GetValue(_suppress) ?? []).Select(Suppression.Parse)],
            FailureThreshold = result.GetValue(_failureThreshold),
            OutputThreshold = result.GetValue(_outputThreshold),
            Format = result.GetValue(_output),
            IsColoured = result.GetValue(_color) ?? (console.IsTerminal && console.Environment("TERM") != "dumb"),
            IsVerbose = result.GetValue(_verbose),
            MeshConfigFile = result.GetValue(_meshConfig)!,
            IgnoresUnknown = result.GetValue(_ignoreUnknown),
            Analyzers = result.GetValue(_analyzers) ?? [],
            Node = ProxyNode.IngressGateway with { Namespace = result.GetValue(_gatewayNamespace)!, Labels = result.GetValue(_gatewayLabels)! },
        };
    }

    private static Option<string[]> Repeated(string[] names, string valueName, string description) =>
        new(names[0], names[1..]) { Description = description, HelpName = valueName, Arity = ArgumentArity.OneOrMore };

    private static DocumentedOption<Severity> Threshold(string name, string description, Severity fallback)
    {
        var option = new DocumentedOption<Severity>([name], "Info|Warning|Error", description, fallback, ParseSeverity);
        option.CompletionSources.Add(Enum.GetNames<Severity>());
        return option;
    }

    private static Severity ParseSeverity(string text) =>
        Enum.TryParse(text, ignoreCase: true, out Severity severity) && Enum.IsDefined(severity) && !char.IsAsciiDigit(text[0])
            ? severity
            : throw new FormatException("not a valid option, please choose from: [Info Warning Error]");

    private static AnalyzeFormat ParseFormat(string text) => text.ToUpperInvariant() switch
    {
        "LOG" => AnalyzeFormat.Log,
        "JSON" => AnalyzeFormat.Json,
        "YAML" => AnalyzeFormat.Yaml,
        _ => throw new FormatException("not a valid option for format"),
    };

    private static IReadOnlyDictionary<string, string> ParseLabels(string text) =>
        RunOptionTable.TryParseLabels(text, out IReadOnlyDictionary<string, string> labels, out string? error) ? labels : throw new FormatException(error);
}
