using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Tidegate.Composition;
using Tidegate.Printing;

namespace Tidegate.Commands;

/// <summary><c>tidegate version</c>.</summary>
internal static class VersionCommand
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Makes the command.</summary>
    public static Command Create(CommandConsole console)
    {
        var command = new DocumentedCommand("version", "Show the version of tidegate.", "tidegate version", "tidegate version -o json");
        DocumentedOption<string> output = DocumentedOption.Text(["--output", "-o"], "FORMAT", "Output format: short, json or yaml", "short");
        command.Add(output);
        command.SetAction(result =>
        {
            OutputFormat format = OutputFormats.Parse(result.GetValue(output)!);
            if (format == OutputFormat.Short)
            {
                console.Output.Write($"tidegate {ProductVersion.Text} (revision {ProductVersion.Revision}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier})\n");
                return;
            }

            var version = new
            {
                Version = ProductVersion.Text,
                ProductVersion.Revision,
                Runtime = RuntimeInformation.FrameworkDescription,
                Platform = RuntimeInformation.RuntimeIdentifier,
            };
            OutputFormats.WriteJson(console.Output, format, JsonSerializer.Serialize(version, Indented));
        });
        return command;
    }
}
