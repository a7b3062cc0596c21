using System.Buffers;

namespace Tidegate.Proxy.Telemetry.Output;

/// <summary>
/// Envoy's <c>/stats</c> as text: texts first, then counters and gauges by name, then histograms by name. There is no flush
/// interval here, so the part of a histogram that stands for the last interval is always <c>nan</c>.
/// </summary>
public static class StatsText
{
    /// <summary>The content type of the page.</summary>
    public const string ContentType = "text/plain; charset=UTF-8";

    /// <summary>The quantiles that are shown, as Envoy does.</summary>
    public static IReadOnlyList<double> Quantiles { get; } = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1];

    /// <summary>Writes the statistics that <paramref name="query"/> asks for.</summary>
    public static void Write(StatsSnapshot snapshot, StatsQuery query, IBufferWriter<byte> buffer)
    {
        var output = new Utf8Output(buffer);
        foreach ((string name, StatSample sample) in InOrder(snapshot, query))
        {
            output.Append(name);
            output.Append(": "u8);
            switch (sample.Kind)
            {
                case StatKind.Text:
                    output.Append("\""u8);
                    output.Append(sample.Text);
                    output.Append("\""u8);
                    break;
                case StatKind.Histogram:
                    WriteHistogram(sample.Histogram!, query.Histograms, output);
                    break;
                default:
                    output.Append(sample.Number);
                    break;
            }

            output.Append("\n"u8);
        }
    }

    /// <summary>What is asked for, in the order of the page.</summary>
    internal static IEnumerable<(string Name, StatSample Sample)> InOrder(StatsSnapshot snapshot, StatsQuery query) =>
        snapshot.Samples
            .Where(sample => query.Selects(sample))
            .Select(static sample => (sample.FullName, sample))
            .OrderBy(static item => item.sample.Kind switch { StatKind.Text => 0, StatKind.Histogram => 2, _ => 1 })
            .ThenBy(static item => item.FullName, StringComparer.Ordinal);

    private static void WriteHistogram(HistogramSnapshot histogram, HistogramDisplay display, Utf8Output output)
    {
        if (histogram.Count == 0)
        {
            output.Append("No recorded values"u8);
            return;
        }

        string separator = string.Empty;
        if (display == HistogramDisplay.Quantiles)
        {
            foreach (double quantile in Quantiles)
            {
                output.Append(separator);
                output.Append("P"u8);
                output.Append(quantile * 100);
                output.Append("(nan,"u8);
                output.Append(histogram.Quantile(quantile));
                output.Append(")"u8);
                separator = " ";
            }

            return;
        }

        long previous = 0;
        foreach (double bound in Histogram.PrometheusBounds)
        {
            long count = histogram.CountUpTo(bound);
            output.Append(separator);
            output.Append("B"u8);
            output.Append(bound);
            output.Append("(0,"u8);
            output.Append(display == HistogramDisplay.Cumulative ? count : count - previous);
            output.Append(")"u8);
            previous = count;
            separator = " ";
        }
    }
}
