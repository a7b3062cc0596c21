using System.Globalization;
using System.Text.RegularExpressions;

namespace Tidegate.Proxy.Tests.Telemetry;

/// <summary>One line of Prometheus text.</summary>
internal sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value)
{
    public string Key => Name + string.Concat(Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $",{l.Key}={l.Value}"));
}

/// <summary>One metric: its type and its lines.</summary>
internal sealed record PrometheusMetric(string Name, string Type, IReadOnlyList<PrometheusSample> Samples);

/// <summary>
/// A strict reader of the text format 0.0.4: metrics must not be repeated or mixed, labels and samples must be unique, and
/// histograms must be cumulative and whole. Throws <see cref="FormatException"/> with the line.
/// </summary>
internal static partial class PrometheusParser
{
    public static IReadOnlyList<PrometheusMetric> Parse(string text)
    {
        if (text.Length > 0 && !text.EndsWith('\n'))
        {
            throw new FormatException("the last line has no end");
        }

        List<PrometheusMetric> metrics = [];
        HashSet<string> names = [];
        HashSet<string> keys = [];
        List<PrometheusSample> samples = [];
        foreach (string line in text.Split('\n')[..^1])
        {
            Match type = TypeLine().Match(line);
            if (type.Success)
            {
                string name = type.Groups["name"].Value;
                if (!names.Add(name))
                {
                    throw new FormatException($"repeated: {line}");
                }

                samples = [];
                metrics.Add(new PrometheusMetric(name, type.Groups["type"].Value, samples));
                continue;
            }

            PrometheusSample sample = ParseSample(line);
            PrometheusMetric metric = metrics.Count > 0 ? metrics[^1] : throw new FormatException($"no TYPE before: {line}");
            bool isOwn = metric.Type == "histogram"
                ? sample.Name == metric.Name + "_bucket" || sample.Name == metric.Name + "_sum" || sample.Name == metric.Name + "_count"
                : sample.Name == metric.Name;
            if (!isOwn || !keys.Add(sample.Key))
            {
                throw new FormatException($"of another metric, or repeated: {line}");
            }

            samples.Add(sample);
        }

        foreach (PrometheusMetric metric in metrics.Where(m => m.Type == "histogram"))
        {
            CheckHistogram(metric);
        }

        return metrics;
    }

    private static PrometheusSample ParseSample(string line)
    {
        Match match = SampleLine().Match(line);
        if (!match.Success)
        {
            throw new FormatException($"no sample: {line}");
        }

        Dictionary<string, string> labels = [];
        foreach (Match label in LabelPair().Matches(match.Groups["labels"].Value))
        {
            string value = Escape().Replace(label.Groups["value"].Value, m => m.Value switch { "\\n" => "\n", "\\\\" => "\\", _ => "\"" });
            if (!labels.TryAdd(label.Groups["name"].Value, value))
            {
                throw new FormatException($"repeated label: {line}");
            }
        }

        return new PrometheusSample(match.Groups["name"].Value, labels, double.Parse(match.Groups["value"].Value, CultureInfo.InvariantCulture));
    }

    private static void CheckHistogram(PrometheusMetric metric)
    {
        foreach (IGrouping<string, PrometheusSample> series in metric.Samples.GroupBy(s =>
            new PrometheusSample("", s.Labels.Where(l => l.Key != "le").ToDictionary(), 0).Key))
        {
            double[] buckets = [.. series.Where(s => s.Name.EndsWith("_bucket", StringComparison.Ordinal)).Select(s => s.Value)];
            double[] bounds = [.. series.Where(s => s.Name.EndsWith("_bucket", StringComparison.Ordinal)).Select(s =>
                s.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(s.Labels["le"], CultureInfo.InvariantCulture))];
            double count = series.Single(s => s.Name == metric.Name + "_count").Value;
            _ = series.Single(s => s.Name == metric.Name + "_sum");
            if (!buckets.SequenceEqual(buckets.Order()) || !bounds.SequenceEqual(bounds.Order()) || !double.IsPositiveInfinity(bounds[^1]) || buckets[^1] != count)
            {
                throw new FormatException($"no histogram: {metric.Name} {series.Key}");
            }
        }
    }

    [GeneratedRegex("^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$")]
    private static partial Regex TypeLine();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*"(,(?!\}))?)*)\})? (?<value>-?[0-9.]+|NaN|[+-]Inf)$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("""(?<name>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>([^"\\\n]|\\["\\n])*)"(,|$)""")]
    private static partial Regex LabelPair();

    [GeneratedRegex("""\\["\\n]""")]
    private static partial Regex Escape();
}
