using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tidegate.Proxy.Telemetry.Output;

/// <summary>
/// Envoy's <c>/stats/prometheus</c>: the Prometheus text format 0.0.4, all samples of a metric together under one TYPE line.
/// Written by hand because prometheus-net formats only what lives in its own registry of interlocked counters, and ours are
/// per-worker fields.
/// </summary>
public static class PrometheusText
{
    /// <summary>The content type of the page.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes the statistics that <paramref name="query"/> asks for.</summary>
    public static void Write(StatsSnapshot snapshot, StatsQuery query, IBufferWriter<byte> buffer)
    {
        var output = new Utf8Output(buffer);
        var metrics = new SortedDictionary<string, List<StatSample>>(StringComparer.Ordinal);
        foreach (StatSample sample in snapshot.Samples)
        {
            if (sample.Kind != StatKind.Text && query.Selects(sample))
            {
                string name = sample.Scope.MetricPrefix + sample.Name.Metric(snapshot.TagStyle);
                if (!metrics.TryGetValue(name, out List<StatSample>? samples))
                {
                    metrics.Add(name, samples = []);
                }

                samples.Add(sample);
            }
        }

        var labels = new StringBuilder();
        foreach ((string name, List<StatSample> samples) in metrics)
        {
            output.Append("# TYPE "u8);
            output.Append(name);
            output.Append(samples[0].Kind switch { StatKind.Counter => " counter\n"u8, StatKind.Gauge => " gauge\n"u8, _ => " histogram\n"u8 });
            foreach (StatSample sample in samples)
            {
                WriteLabels(sample, snapshot.TagStyle, labels.Clear());
                string text = labels.ToString();
                if (sample.Histogram is null)
                {
                    WriteLine(output, name, "", text, "", sample.Number);
                }
                else
                {
                    WriteHistogram(output, name, text, sample.Histogram);
                }
            }
        }
    }

    private static void WriteHistogram(Utf8Output output, string name, string labels, HistogramSnapshot histogram)
    {
        foreach (double bound in Histogram.PrometheusBounds)
        {
            string le = string.Create(CultureInfo.InvariantCulture, $"le=\"{bound}\"");
            WriteLine(output, name, "_bucket", labels, le, (ulong)histogram.CountUpTo(bound));
        }

        WriteLine(output, name, "_bucket", labels, "le=\"+Inf\"", (ulong)histogram.Count);
        WriteLine(output, name, "_sum", labels, "", (ulong)histogram.Sum);
        WriteLine(output, name, "_count", labels, "", (ulong)histogram.Count);
    }

    private static void WriteLine(Utf8Output output, string name, string suffix, string labels, string le, ulong value)
    {
        output.Append(name);
        output.Append(suffix);
        if (labels.Length + le.Length > 0)
        {
            output.Append("{"u8);
            output.Append(labels);
            output.Append(labels.Length > 0 && le.Length > 0 ? "," : "");
            output.Append(le);
            output.Append("}"u8);
        }

        output.Append(" "u8);
        output.Append(value);
        output.Append("\n"u8);
    }

    private static void WriteLabels(in StatSample sample, TagStyle style, StringBuilder labels)
    {
        if (sample.Name.Tag(style) is { } own)
        {
            WriteLabel(own, labels);
        }

        foreach (StatTag tag in sample.Scope.Tags)
        {
            WriteLabel(tag, labels);
        }
    }

    private static void WriteLabel(StatTag tag, StringBuilder labels)
    {
        labels.Append(labels.Length > 0 ? "," : "").Append(tag.Name).Append("=\"");
        foreach (char c in tag.Value)
        {
            _ = c switch
            {
                '\\' => labels.Append("\\\\"),
                '"' => labels.Append("\\\""),
                '\n' => labels.Append("\\n"),
                _ => labels.Append(c),
            };
        }

        labels.Append('"');
    }
}
