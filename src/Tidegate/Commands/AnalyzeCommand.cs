using System.CommandLine;
using Tidegate.Diagnostics;
using Tidegate.Failures;
using Tidegate.Pilot.Analysis;
using Tidegate.Pilot.Validation;
using Tidegate.ProxyConfig;

namespace Tidegate.Commands;

/// <summary><c>tidegate analyze</c> (cli.md, 5): what in manifests, or in what the running gateway has, does not work as it is written.</summary>
internal static class AnalyzeCommand
{
    private const string Reference = "https://istio.io/v1.30/docs/reference/config/analysis";

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var options = new AnalyzeOptions(console);
        var command = new DocumentedCommand(
            "analyze",
            """
            Find what in manifests does not work as it is written, before it is in force or while it is.

            With FILEs (files, directories with all below them, - for standard input) those are analyzed, without a gateway and without a cluster. Without any, the
            running gateway is asked what it has to say of its configuration.

            The exit code is 79 when something is found that is as bad as --failure-threshold says, 65 when a file cannot be parsed, and 0 with -o json or yaml. The
            codes are Istio's; docs/analyze.md explains them.
            """,
            "# what is wrong in these manifests, as a CI job asks it",
            "tidegate analyze --use-kube=false -A manifests/",
            "# what the running gateway has to say",
            "tidegate analyze",
            "# ports of one Service are named badly, and that is known",
            "tidegate analyze -S \"IST0118=Service shop/*\" manifests/",
            "# the analyzers there are",
            "tidegate analyze -L");
        foreach (Option option in options.All)
        {
            command.Add(option);
        }

        command.Add(options.Files);
        command.SetAction((result, cancellation) => RunAsync(console, options.Of(result), result, options, cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CommandConsole console, AnalyzeRequest request, ParseResult result, AnalyzeOptions options, CancellationToken cancellation)
    {
        // 1. What ends the command at once.
        if (request.ListsAnalyzers)
        {
            foreach ((string name, string description) in ConfigurationAnalysis.Names)
            {
                console.Output.Write($"* {name}:\n    {description}\n");
            }

            return ExitCodes.Success;
        }

        if (request.Files.Count == 0 && !request.UsesGateway)
        {
            throw new CommandException("there is nothing to analyze: name files or directories, or ask the running gateway without --use-kube=false", ExitCodes.Usage);
        }

        foreach (string code in request.Suppressions.Select(suppression => suppression.Code).Where(code => !Suppression.IsKnownCode(code)))
        {
            console.Errors.Write($"Warning: Supplied message code '{code}' is an unknown message code and will not have any effect.\n");
        }

        // 2. What there is to say.
        (AnalysisResult found, IReadOnlyList<string> files) = request.Files.Count == 0
            ? (await AskGatewayAsync(result, options, cancellation).ConfigureAwait(false), [])
            : await AnalyzeFilesAsync(console, request, cancellation).ConfigureAwait(false);
        WriteParseErrors(console.Errors, found.ParseErrors);
        WriteVerbose(console.Errors, request, found);
        Diagnostic[] inNamespace = [.. found.Messages.Where(request.IsInNamespace)];
        Diagnostic[] messages = [.. inNamespace.Where(message => !request.Suppressions.Any(suppression => suppression.Covers(message)))];
        Diagnostic[] shown = [.. messages.Where(message => message.Severity >= request.OutputThreshold)];

        // 3. Say it.
        new DiagnosticText(Reference, request.IsColoured).Write(console.Output, request.Format, shown);
        if (shown.Length == 0)
        {
            WriteNothingFound(console.Errors, request, files, found.ParseErrors.Count);
        }

        if (inNamespace.Length < found.Messages.Count)
        {
            console.Errors.Write($"{found.Messages.Count - inNamespace.Length} messages about other namespaces are not shown; -A shows all, -n NAMESPACE those of another one.\n");
        }

        return ExitCodeOf(request, messages, found.ParseErrors.Count > 0);
    }

    private static async Task<(AnalysisResult Found, IReadOnlyList<string> Files)> AnalyzeFilesAsync(CommandConsole console, AnalyzeRequest request, CancellationToken cancellation)
    {
        string[] paths =
        [
            .. ManifestFiles.Find(
                request.Files,
                isNamedTaken: false,
                path => console.Errors.Write($"Skipping file {path}, recognized file extensions are: [.json .yaml .yml]\n")),
        ];
        List<(string Name, string Text)> files = [];
        foreach (string path in paths)
        {
            files.Add((path, await ManifestFiles.ReadAsync(path, console, cancellation).ConfigureAwait(false)));
        }

        string? mesh = request.MeshConfigFile.Length == 0 ? null : await ManifestFiles.ReadAsync(request.MeshConfigFile, console, cancellation).ConfigureAwait(false);
        var settings = new AnalysisSettings
        {
            DefaultNamespace = request.Namespace ?? string.Empty,
            Node = request.Node,
            Time = console.Time.GetUtcNow(),
            MeshText = mesh,
            Analyzers = request.Analyzers,
        };
        return (ConfigurationAnalysis.OfFiles(files, settings), paths);
    }

    private static async Task<AnalysisResult> AskGatewayAsync(ParseResult result, AnalyzeOptions options, CancellationToken cancellation)
    {
        using AdminClient client = options.Gateway.ClientOf(result);
        string page = await client.GetAsync("tidegate/diagnostics?format=json", cancellation).ConfigureAwait(false);
        return new AnalysisResult(DiagnosticsDocument.Read(page), [], [.. ConfigurationAnalysis.Names.Select(analyzer => analyzer.Name)]);
    }

    private static void WriteParseErrors(TextWriter errors, IReadOnlyList<Diagnostic> found)
    {
        if (found.Count > 0)
        {
            errors.Write($"Error(s) adding files: {ErrorList.Text(found.Select(error => error.ToString()))}");
        }
    }

    private static void WriteVerbose(TextWriter errors, AnalyzeRequest request, AnalysisResult found)
    {
        if (request.IsVerbose)
        {
            errors.Write($"Analyzed resources in {request.Target}\nExecuted analyzers:\n{string.Concat(found.ExecutedAnalyzers.Select(name => $"\t {name}\n"))}\n");
        }
    }

    private static void WriteNothingFound(TextWriter errors, AnalyzeRequest request, IReadOnlyList<string> files, int parseErrors)
    {
        string what = parseErrors > 0 ? $"{request.Target} (but {parseErrors} {(parseErrors == 1 ? "file" : "files")} could not be parsed)."
            : files.Count switch
            {
                0 => $"{request.Target}.",
                1 => $"{files[0]}.",
                _ => $":\n  - {string.Join("\n  - ", files)}",
            };
        errors.Write($"{(parseErrors == 0 ? "\u2714 " : string.Empty)}No validation issues found when analyzing{(what.StartsWith(':') ? string.Empty : " ")}{what}\n");
    }

    // Judged by all messages, shown or not; the machine-readable forms leave the judgement to who reads them.
    private static int ExitCodeOf(AnalyzeRequest request, IReadOnlyList<Diagnostic> messages, bool hasParseErrors) =>
        request.Format != AnalyzeFormat.Log ? ExitCodes.Success
        : messages.Any(message => message.Severity >= request.FailureThreshold) ? throw new CommandException(
            $"Analyzers found issues when analyzing {request.Target}.\nSee {Reference} for more information about causes and resolutions.", ExitCodes.Findings)
        : hasParseErrors && !request.IgnoresUnknown ? throw new CommandException("Some files couldn't be parsed.", ExitCodes.Data)
        : ExitCodes.Success;
}
