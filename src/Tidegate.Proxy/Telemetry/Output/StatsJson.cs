using System.Buffers;
using System.Text.Json;

namespace Tidegate.Proxy.Telemetry.Output;

/// <summary>
/// Envoy's <c>/stats?format=json</c>: one object for each statistic, and one last that holds all histograms. The values of a
/// histogram's last interval are null: there is no flush interval here.
/// </summary>
public static class StatsJson
{
    /// <summary>The content type of the page.</summary>
    public const string ContentType = "application/json";

    /// <summary>Writes the statistics that <paramref name="query"/> asks for.</summary>
    public static void Write(StatsSnapshot snapshot, StatsQuery query, IBufferWriter<byte> buffer)
    {
        using var json = new Utf8JsonWriter(buffer);
        List<(string Name, HistogramSnapshot Histogram)> histograms = [];
        json.WriteStartObject();
        json.WriteStartArray("stats"u8);
        foreach ((string name, StatSample sample) in StatsText.InOrder(snapshot, query))
        {
            if (sample.Histogram is not null)
            {
                histograms.Add((name, sample.Histogram));
                continue;
            }

            json.WriteStartObject();
            json.WriteString("name"u8, name);
            if (sample.Kind == StatKind.Text)
            {
                json.WriteString("value"u8, sample.Text);
            }
            else
            {
                json.WriteNumber("value"u8, sample.Number);
            }

            json.WriteEndObject();
        }

        if (histograms.Count > 0)
        {
            json.WriteStartObject();
            json.WritePropertyName("histograms"u8);
            if (query.Histograms == HistogramDisplay.Quantiles)
            {
                WriteQuantiles(histograms, json);
            }
            else
            {
                WriteBuckets(histograms, query.Histograms, json);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteQuantiles(List<(string Name, HistogramSnapshot Histogram)> histograms, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("supported_quantiles"u8);
        foreach (double quantile in StatsText.Quantiles)
        {
            json.WriteNumberValue(Rounded(quantile * 100));
        }

        json.WriteEndArray();
        json.WriteStartArray("computed_quantiles"u8);
        foreach ((string name, HistogramSnapshot histogram) in histograms)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteStartArray("values"u8);
            foreach (double quantile in StatsText.Quantiles)
            {
                json.WriteStartObject();
                json.WriteNull("interval"u8);
                if (histogram.Count == 0)
                {
                    json.WriteNull("cumulative"u8);
                }
                else
                {
                    json.WriteNumber("cumulative"u8, Rounded(histogram.Quantile(quantile)));
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteBuckets(List<(string Name, HistogramSnapshot Histogram)> histograms, HistogramDisplay display, Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach ((string name, HistogramSnapshot histogram) in histograms)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, name);
            json.WriteStartArray("buckets"u8);
            long previous = 0;
            foreach (double bound in Histogram.PrometheusBounds)
            {
                long count = histogram.CountUpTo(bound);
                json.WriteStartObject();
                json.WriteNumber("upper_bound"u8, bound);
                json.WriteNumber("interval"u8, 0);
                json.WriteNumber("cumulative"u8, display == HistogramDisplay.Cumulative ? count : count - previous);
                json.WriteEndObject();
                previous = count;
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static double Rounded(double value) => Math.Round(value, 6);
}
