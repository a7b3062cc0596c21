using Tidegate.Pilot.Resources;
using Tidegate.Rules.Formats;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Checks the mesh's configuration. What is wrong in it is a warning and the default holds: it is for everybody, and no port may close for it.
/// </summary>
internal static class MeshConfigValidation
{
    /// <summary>Checks the configuration at a field.</summary>
    public static void Check(MeshConfig mesh, Findings findings, string field)
    {
        if (mesh.AccessLogFormat is not { Length: > 0 } format)
        {
            return;
        }

        // Without an encoding here, that of the process holds.
        bool[] encodings = mesh.AccessLogIsJson is { } isJson ? [isJson] : [false, true];
        string?[] problems = [.. encodings.Select(isJson => LogFormat.Check(format, isJson))];
        int right = Array.FindIndex(problems, static problem => problem is null);
        if (right < 0)
        {
            findings.Warn($"{field}.accessLogFormat", $"{problems[0]}; Istio's own format is used instead");
        }
        else if (FormatString.Describe(LogFormat.WithoutValue(format, encodings[right])) is { } withoutValue)
        {
            findings.Warn($"{field}.accessLogFormat", withoutValue);
        }
    }
}
