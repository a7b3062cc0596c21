namespace Tidegate.Proxy.Telemetry;

/// <summary>A gauge with a value for each set of labels, which its owner sets as a whole. Who shows statistics reads the values that were set last.</summary>
public sealed class LabelledGauge
{
    private readonly StatName _name;
    private readonly string _prefix;
    private volatile IReadOnlyList<(StatScope Scope, long Value)> _values = [];

    /// <summary>Makes the gauge and lets <paramref name="stats"/> show it.</summary>
    /// <param name="stats">The store.</param>
    /// <param name="prefix">What stands before its name, without the last dot.</param>
    /// <param name="name">Its name.</param>
    public LabelledGauge(StatsStore stats, string prefix, string name)
    {
        _prefix = prefix;
        _name = new StatName(name);
        stats.AddCollector(Collect);
    }

    /// <summary>Sets all values; a set of labels that is not among them has none any more. Any thread.</summary>
    public void Set(IEnumerable<(IReadOnlyList<StatTag> Labels, long Value)> values) =>
        _values = [.. values.Select(value => ((StatScope)new LabelScope(_prefix, value.Labels), value.Value))];

    private void Collect(List<StatSample> samples)
    {
        foreach ((StatScope scope, long value) in _values)
        {
            samples.Add(new StatSample(scope, _name, StatKind.Gauge, value, IsUsed: true));
        }
    }

    private sealed class LabelScope : StatScope
    {
        public LabelScope(string prefix, IReadOnlyList<StatTag> labels)
            : base($"{prefix}.", $"{StatName.ToMetricName(prefix)}_", labels) => Suffix = string.Concat(labels.Select(label => $".{label.Value}"));

        internal override void Sample(List<StatSample> samples)
        {
            // The gauge gives the values.
        }
    }
}
