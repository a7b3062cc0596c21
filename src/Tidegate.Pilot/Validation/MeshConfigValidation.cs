using Tidegate.Pilot.Resources;
using Tidegate.Rules.Formats;

namespace Tidegate.Pilot.Validation;

/// <summary>
/// Checks the mesh's configuration. A log format that cannot be written is a warning and the default holds: no port may close for it.
/// </summary>
internal static class MeshConfigValidation
{
    /// <summary>Checks the configuration at a field.</summary>
    public static void Check(MeshConfig mesh, Findings findings, string field)
    {
        CheckDurations(mesh, findings, field);
        if (mesh.AccessLogFormat is { Length: > 0 } format)
        {
            CheckAccessLogFormat(format, mesh.AccessLogIsJson, findings, $"{field}.accessLogFormat");
        }
    }

    private static void CheckDurations(MeshConfig mesh, Findings findings, string field)
    {
        ConnectionSettings? connections = mesh.DefaultConfig?.ConnectionSettings;
        (string Field, TimeSpan? Value)[] durations =
        [
            ("connectTimeout", mesh.ConnectTimeout),
            ("dnsRefreshRate", mesh.DnsRefreshRate),
            ("defaultConfig.connectionSettings.httpIdleTimeout", connections?.IdleTimeout),
            ("defaultConfig.connectionSettings.httpMaxConnectionDuration", connections?.MaxConnectionDuration),
            ("defaultConfig.connectionSettings.httpDrainTimeout", connections?.DrainTimeout),
            ("defaultConfig.connectionSettings.httpRequestTimeout", connections?.RequestTimeout),
            ("defaultConfig.connectionSettings.httpRequestHeadersTimeout", connections?.RequestHeadersTimeout),
            ("defaultConfig.connectionSettings.httpStreamIdleTimeout", connections?.StreamIdleTimeout),
            ("defaultConfig.connectionSettings.httpMaxStreamDuration", connections?.MaxStreamDuration),
        ];
        foreach ((string name, TimeSpan? value) in durations)
        {
            findings.Check($"{field}.{name}", value < TimeSpan.Zero ? "duration must not be negative" : null);
        }
    }

    private static void CheckAccessLogFormat(string format, bool? encoding, Findings findings, string field)
    {
        // Without an encoding here, that of the process holds.
        bool[] encodings = encoding is { } isJson ? [isJson] : [false, true];
        string?[] problems = [.. encodings.Select(isJson => LogFormat.Check(format, isJson))];
        int right = Array.FindIndex(problems, static problem => problem is null);
        if (right < 0)
        {
            findings.Warn(field, $"{problems[0]}; Istio's own format is used instead");
        }
        else if (FormatString.Describe(LogFormat.WithoutValue(format, encodings[right])) is { } withoutValue)
        {
            findings.Warn(field, withoutValue);
        }
    }
}
