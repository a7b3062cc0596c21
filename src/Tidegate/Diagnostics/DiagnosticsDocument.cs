using System.Text.Json;
using System.Text.Json.Serialization;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Diagnostics;

/// <summary>What <c>/tidegate/diagnostics?format=json</c> answers and <c>tidegate analyze</c> reads.</summary>
/// <param name="Severity">Info, Warning or Error.</param>
/// <param name="Code">The code.</param>
/// <param name="Group">The API group of the object's kind; null when it is about none.</param>
/// <param name="Kind">The kind of the object; null when it is about none.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Field">The field; empty for the whole object.</param>
/// <param name="File">Where it was read.</param>
/// <param name="Line">The line, from 1; 0 when there is none.</param>
/// <param name="Message">What is wrong.</param>
internal sealed record DiagnosticsDocument(
    Severity Severity, string Code, string? Group, string? Kind, string? Namespace, string? Name, string Field, string File, int Line, string Message)
{
    private static readonly JsonSerializerOptions Form = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter() },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Writes findings as JSON.</summary>
    public static string Write(IEnumerable<Diagnostic> diagnostics) => JsonSerializer.Serialize(
        diagnostics.Select(found => new DiagnosticsDocument(
            found.Severity, found.Code, found.Resource?.ApiKind.Group, found.Resource?.Kind, found.Resource?.Namespace, found.Resource?.Name, found.Field, found.File, found.Line, found.Message)),
        Form) + "\n";

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static IReadOnlyList<Diagnostic> Read(string json) =>
    [
        .. (JsonSerializer.Deserialize<DiagnosticsDocument[]>(json, Form) ?? []).Select(found => new Diagnostic(
            found.Severity,
            found.Code,
            found.Kind is null ? null : new ResourceKey(new ApiKind(found.Group ?? string.Empty, found.Kind), found.Namespace ?? string.Empty, found.Name ?? string.Empty),
            found.Field,
            found.File,
            found.Line,
            found.Message)),
    ];
}
