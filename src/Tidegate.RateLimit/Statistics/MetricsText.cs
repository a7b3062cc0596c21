using System.Globalization;
using System.Text;

namespace Tidegate.RateLimit.Statistics;

/// <summary>Writes what is counted as Prometheus reads it.</summary>
internal static class MetricsText
{
    /// <summary>The text.</summary>
    public static string Write(ServerCounts server)
    {
        var text = new StringBuilder();
        foreach ((string name, long value) in server.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE ratelimit_service_{name} counter\nratelimit_service_{name} {value}\n");
        }

        var samples = from limit in server.Limits.OrderBy(static limit => limit.Key, StringComparer.Ordinal)
                      from count in limit.Value.All
                      group (limit.Key, count.Value) by count.Name;
        foreach (var metric in samples)
        {
            text.Append(CultureInfo.InvariantCulture, $"# TYPE ratelimit_service_rate_limit_{metric.Key} counter\n");
            foreach ((string path, long value) in metric)
            {
                text.Append(CultureInfo.InvariantCulture, $"ratelimit_service_rate_limit_{metric.Key}{{descriptor=\"{Escape(path)}\"}} {value}\n");
            }
        }

        return text.ToString();
    }

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
