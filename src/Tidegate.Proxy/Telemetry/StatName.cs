using System.Text;

namespace Tidegate.Proxy.Telemetry;

/// <summary>Which names tags have in Prometheus text.</summary>
public enum TagStyle : byte
{
    /// <summary>Istio's bootstrap: <c>cluster_name</c>, <c>response_code_class="2xx"</c>.</summary>
    Istio,

    /// <summary>Envoy's default tags: <c>envoy_cluster_name</c>, <c>envoy_response_code_class="2"</c>.</summary>
    Envoy,
}

/// <summary>A tag that was taken out of a name.</summary>
/// <param name="Name">The label's name.</param>
/// <param name="Value">The label's value.</param>
public readonly record struct StatTag(string Name, string Value);

/// <summary>
/// A statistic's name below its scope, and what the tag rules make of it: <c>upstream_rq_200</c> is the metric
/// <c>upstream_rq</c> with a response code.
/// </summary>
public sealed class StatName
{
    private readonly string _istioMetric;
    private readonly string _envoyMetric;
    private readonly StatTag? _istioTag;
    private readonly StatTag? _envoyTag;

    /// <summary>Takes the tags out of <paramref name="name"/>.</summary>
    public StatName(string name)
    {
        Name = name;
        _istioMetric = _envoyMetric = ToMetricName(name);
        int mark = name.LastIndexOf("_rq_", StringComparison.Ordinal);
        ReadOnlySpan<char> rest = mark < 0 ? [] : name.AsSpan(mark + 4);
        if (rest.Length != 3 || !char.IsAsciiDigit(rest[0]))
        {
            return;
        }

        string metric = ToMetricName(name[..(mark + 3)]);
        if (rest[1] == 'x' && rest[2] == 'x')
        {
            _istioMetric = metric;
            _istioTag = new StatTag("response_code_class", rest.ToString());
            _envoyMetric = metric + "_xx";
            _envoyTag = new StatTag("envoy_response_code_class", rest[..1].ToString());
        }
        else if (char.IsAsciiDigit(rest[1]) && char.IsAsciiDigit(rest[2]))
        {
            _istioMetric = _envoyMetric = metric;
            _istioTag = new StatTag("response_code", rest.ToString());
            _envoyTag = new StatTag("envoy_response_code", rest.ToString());
        }
    }

    /// <summary>The name as <c>/stats</c> has it, without the scope.</summary>
    public string Name { get; }

    /// <summary>The name as Prometheus has it, without the scope.</summary>
    public string Metric(TagStyle style) => style == TagStyle.Istio ? _istioMetric : _envoyMetric;

    /// <summary>The tag that the name holds, if it holds one.</summary>
    public StatTag? Tag(TagStyle style) => style == TagStyle.Istio ? _istioTag : _envoyTag;

    /// <summary>Replaces what the Prometheus format does not allow in a metric's name by an underscore.</summary>
    internal static string ToMetricName(string name)
    {
        var metric = new StringBuilder(name.Length);
        foreach (char c in name)
        {
            metric.Append(char.IsAsciiLetterOrDigit(c) || c == '_' ? c : '_');
        }

        return metric.ToString();
    }
}
