using System.Text.RegularExpressions;

namespace Tidegate.Proxy.Telemetry.Output;

/// <summary>How <c>/stats</c> shows a histogram (Envoy: <c>histogram_buckets</c>).</summary>
public enum HistogramDisplay : byte
{
    /// <summary>As quantiles.</summary>
    Quantiles,

    /// <summary>As counts up to each bound.</summary>
    Cumulative,

    /// <summary>As counts between the bounds.</summary>
    Disjoint,
}

/// <summary>Which statistics are asked for, and in which form (Envoy admin: the query of <c>/stats</c> and <c>/stats/prometheus</c>).</summary>
public sealed record StatsQuery
{
    /// <summary>Everything, as text.</summary>
    public static readonly StatsQuery All = new();

    /// <summary>What a whole name has to contain; null for all.</summary>
    public Regex? Filter { get; init; }

    /// <summary>Only what was ever written.</summary>
    public bool IsUsedOnly { get; init; }

    /// <summary>Only statistics of this kind; null for all.</summary>
    public StatKind? Kind { get; init; }

    /// <summary><c>text</c>, <c>json</c> or <c>prometheus</c>.</summary>
    public string Format { get; init; } = "text";

    /// <summary>How histograms are shown as text and JSON.</summary>
    public HistogramDisplay Histograms { get; init; }

    /// <summary>
    /// Reads a query string, with or without its question mark. False with a message for the client (400) when a value makes no
    /// sense. Unknown parameters are ignored, as Envoy does.
    /// </summary>
    public static bool TryParse(string queryString, out StatsQuery query, out string error)
    {
        query = All;
        error = string.Empty;
        foreach (string parameter in queryString.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? parameter : parameter[..equals];
            string value = equals < 0 ? string.Empty : Uri.UnescapeDataString(parameter[(equals + 1)..].Replace('+', ' '));
            switch (name)
            {
                case "usedonly":
                    query = query with { IsUsedOnly = true };
                    break;
                case "filter" when TryCompile(value, out Regex? filter, out error):
                    query = query with { Filter = filter };
                    break;
                case "format" when value is "json" or "prometheus" or "text" or "html":
                    query = query with { Format = value == "html" ? "text" : value };
                    break;
                case "type" when TryKind(value, out StatKind? kind):
                    query = query with { Kind = kind };
                    break;
                case "histogram_buckets" when TryDisplay(value, out HistogramDisplay display):
                    query = query with { Histograms = display };
                    break;
                case "filter":
                    return false;
                case "format" or "type" or "histogram_buckets":
                    error = $"invalid value \"{value}\" of the parameter {name}";
                    return false;
            }
        }

        return true;
    }

    internal bool Selects(in StatSample sample) =>
        (!IsUsedOnly || sample.IsUsed) && (Kind is null || sample.Kind == Kind) && (Filter is null || Filter.IsMatch(sample.FullName));

    private static bool TryCompile(string pattern, out Regex? filter, out string error)
    {
        try
        {
            // As RE2: linear in the length of the input.
            filter = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            error = string.Empty;
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            filter = null;
            error = $"Invalid re2 regex: {e.Message}";
            return false;
        }
    }

    private static bool TryKind(string value, out StatKind? kind)
    {
        kind = value switch
        {
            "Counters" => StatKind.Counter,
            "Gauges" => StatKind.Gauge,
            "Histograms" => StatKind.Histogram,
            "TextReadouts" => StatKind.Text,
            _ => null,
        };
        return kind is not null || value == "All";
    }

    private static bool TryDisplay(string value, out HistogramDisplay display)
    {
        display = value switch
        {
            "cumulative" => HistogramDisplay.Cumulative,
            "disjoint" => HistogramDisplay.Disjoint,
            _ => HistogramDisplay.Quantiles,
        };
        return value is "cumulative" or "disjoint" or "none" or "summary" or "";
    }
}
