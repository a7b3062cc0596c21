using System.CommandLine;
using Tidegate.Failures;
using Tidegate.Pilot.Analysis;

namespace Tidegate.Commands;

/// <summary><c>tidegate validate -f FILE</c> (cli.md, 6.2): whether each object of manifests can be taken, by the rules that the gateway has.</summary>
internal static class ValidateCommand
{
    private const string MissingFile = "error: you must specify resources by --filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        DocumentedCommand command = new DocumentedCommand(
            "validate",
            """
            Check manifests before they are used, without a gateway.

            Each object is checked by itself, strictly: what the gateway would refuse is an error, and so is a field that is not known. "tidegate analyze" also finds what
            does not go together. The exit code is 1 when there is an error.
            """,
            "tidegate validate -f manifests/shop.yaml -f manifests/gateways/",
            "kubectl get virtualservices -o yaml | tidegate validate -f -").WithAliases("v");
        var files = new Option<string[]>("--filename", "-f") { Description = "A file, a directory, or - for standard input. May be given several times", HelpName = "FILE", Arity = ArgumentArity.OneOrMore };
        DocumentedOption<string> nameSpace = DocumentedOption.Text(["--namespace", "-n"], "NAMESPACE", "Namespace of objects that name none", "default");
        DocumentedOption<string> istioNamespace = DocumentedOption.Text(["--istioNamespace", "-i"], "NAMESPACE", "Namespace of the control plane, whose Services may name ports as they like", "istio-system");
        command.Add(files);
        command.Add(nameSpace);
        command.Add(istioNamespace);
        command.SetAction(async (result, cancellation) =>
        {
            string[] named = [.. (result.GetValue(files) ?? []).SelectMany(file => file.Split(',', StringSplitOptions.RemoveEmptyEntries))];
            if (named.Length == 0)
            {
                throw new CommandException(MissingFile);
            }

            List<string> errors = [];
            List<(string File, IReadOnlyList<string> Warnings)> checkedFiles = [];
            foreach (string file in ManifestFiles.Find(named, isNamedTaken: true, _ => { }))
            {
                string text = await ManifestFiles.ReadAsync(file, console, cancellation).ConfigureAwait(false);
                ManifestCheck check = ManifestCheck.Of(file, text, result.GetValue(nameSpace)!, result.GetValue(istioNamespace)!);
                errors.AddRange(check.Errors);
                checkedFiles.Add((file, check.Warnings));
            }

            Report(console.Errors, checkedFiles, hasErrors: errors.Count > 0);
            return errors.Count == 0 ? ExitCodes.Success : throw new CommandException(ErrorList.Text(errors));
        });
        return command;
    }

    private static void Report(TextWriter output, IReadOnlyList<(string File, IReadOnlyList<string> Warnings)> files, bool hasErrors)
    {
        foreach ((string file, IReadOnlyList<string> warnings) in files)
        {
            string points = warnings.Count == 0 ? string.Empty : $"\n{ErrorList.Points(warnings)}";
            if (file == ManifestFiles.StandardInput && (points.Length > 0 || !hasErrors))
            {
                output.Write(points.Length > 0 ? points : "validation succeed\n");
            }
            else if (points.Length > 0)
            {
                output.Write($"\"{file}\" has warnings: {points}\n");
            }
            else if (!hasErrors)
            {
                output.Write($"\"{file}\" is valid\n");
            }
        }
    }
}
