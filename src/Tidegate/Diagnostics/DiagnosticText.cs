using Tidegate.Pilot.Validation;
using Tidegate.Printing;

namespace Tidegate.Diagnostics;

/// <summary>The forms of <c>analyze -o</c>.</summary>
internal enum AnalyzeFormat
{
    /// <summary>A line each.</summary>
    Log,

    /// <summary>JSON.</summary>
    Json,

    /// <summary>YAML.</summary>
    Yaml,
}

/// <summary>Writes findings as istioctl writes its messages (cli.md, 5.3).</summary>
/// <param name="reference">Where Istio's codes are explained.</param>
/// <param name="isColoured">Whether levels are coloured.</param>
internal sealed class DiagnosticText(string reference, bool isColoured)
{
    private const string OwnReference = "docs/analyze.md";
    private const string Reset = "\u001b[0m";

    /// <summary>Writes them, with one line feed at the end also when there is none.</summary>
    public void Write(TextWriter output, AnalyzeFormat format, IReadOnlyList<Diagnostic> diagnostics)
    {
        switch (format)
        {
            case AnalyzeFormat.Log:
                output.Write($"{string.Join('\n', diagnostics.Select(Line))}\n");
                break;
            case AnalyzeFormat.Json:
                OutputFormats.WriteJson(output, OutputFormat.Json, Json(diagnostics));
                break;
            default:
                OutputFormats.WriteJson(output, OutputFormat.Yaml, Json(diagnostics));
                break;
        }
    }

    private string Line(Diagnostic diagnostic)
    {
        string color = !isColoured ? string.Empty : diagnostic.Severity switch
        {
            Severity.Error => "\u001b[1;31m",
            Severity.Warning => "\u001b[33m",
            _ => string.Empty,
        };
        string place = ReferenceOf(diagnostic);
        string origin = diagnostic.Resource is { } key ? $" ({key}{(place.Length > 0 ? $" {place}" : string.Empty)})" : place.Length > 0 ? $" ({place})" : string.Empty;
        return $"{color}{diagnostic.Severity}{(isColoured ? Reset : string.Empty)} [{diagnostic.Code}]{origin} {OneLine(diagnostic.Message)}";
    }

    private string Json(IReadOnlyList<Diagnostic> diagnostics)
    {
        var json = new JsonText(1, '\t');
        json.StartArray();
        foreach (Diagnostic diagnostic in diagnostics)
        {
            bool isIstios = diagnostic.Code.StartsWith("IST", StringComparison.Ordinal);
            string place = ReferenceOf(diagnostic);
            json.StartObject();
            Member("code", diagnostic.Code);
            Member("documentationUrl", isIstios ? $"{reference}/{diagnostic.Code.ToLowerInvariant()}/?ref=istioctl-analyze" : $"{OwnReference}#{diagnostic.Code}");
            Member("level", diagnostic.Severity.ToString());
            Member("message", diagnostic.Message);
            if (diagnostic.Resource is { } key)
            {
                Member("origin", key.ToString());
            }

            if (place.Length > 0)
            {
                Member("reference", place);
            }

            json.EndObject();
        }

        json.EndArray();
        return json.ToString();

        void Member(string name, string value)
        {
            json.Name(name);
            json.String(value);
        }
    }

    // JSON files have no lines to speak of: istioctl names none.
    private static string ReferenceOf(Diagnostic diagnostic) =>
        diagnostic.Line > 0 && !diagnostic.File.EndsWith(".json", StringComparison.Ordinal) ? $"{diagnostic.File}:{diagnostic.Line}" : diagnostic.File;

    private static string OneLine(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;
}
