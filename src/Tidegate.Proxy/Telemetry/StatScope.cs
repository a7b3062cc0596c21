namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// A group of statistics with a common prefix: those of one cluster, one listener, the server. Each worker has an instance of
/// its own, and the control threads have one.
/// </summary>
public abstract class StatScope
{
    private protected StatScope(string prefix, string metricPrefix, IReadOnlyList<StatTag> tags)
    {
        Prefix = prefix;
        MetricPrefix = metricPrefix;
        Tags = tags;
    }

    /// <summary>The prefix of the names in <c>/stats</c>, with its last dot: <c>cluster.agent;.</c></summary>
    public string Prefix { get; }

    /// <summary>The prefix of the names in Prometheus text: <c>envoy_cluster_</c>.</summary>
    public string MetricPrefix { get; }

    /// <summary>The tags of all its statistics in Prometheus text.</summary>
    public IReadOnlyList<StatTag> Tags { get; }

    /// <summary>What follows the names in <c>/stats</c>; only Istio's series have such.</summary>
    public string Suffix { get; private protected init; } = string.Empty;

    /// <summary>How often it was added to its store and not removed; 0 for one that no store has. The store's alone.</summary>
    internal int UseCount { get; set; }

    /// <summary>The scopes that go when this one does. The store's alone.</summary>
    internal HashSet<StatScope> Parts { get; } = [];

    /// <summary>Adds the present values, summed over the workers.</summary>
    internal abstract void Sample(List<StatSample> samples);
}

/// <inheritdoc/>
public sealed class StatScope<T> : StatScope
    where T : class, new()
{
    private readonly StatTable<T> _table;
    private readonly T[] _workers;

    internal StatScope(string prefix, string metricPrefix, IReadOnlyList<StatTag> tags, StatTable<T> table, int concurrency)
        : base(prefix, metricPrefix, tags)
    {
        _table = table;
        _workers = new T[concurrency];
        for (int i = 0; i < concurrency; i++)
        {
            _workers[i] = new T();
        }
    }

    /// <summary>The number of workers.</summary>
    public int Concurrency => _workers.Length;

    /// <summary>What the control threads write, under an order of their own (memberships, circuit breakers, the server).</summary>
    public T Main { get; } = new();

    /// <summary>What the worker with this index, and no one else, writes.</summary>
    public T ForWorker(int worker) => _workers[worker];

    internal override void Sample(List<StatSample> samples)
    {
        foreach (StatField<T> field in _table.Fields)
        {
            if (field.ReadHistogram is not null)
            {
                SampleHistogram(field, samples);
                continue;
            }

            long value = field.Read!(Main);
            bool isUsed = field.IsUsed?.Invoke(Main) ?? false;
            foreach (T worker in _workers)
            {
                value += field.Read(worker);
                isUsed = isUsed || (field.IsUsed?.Invoke(worker) ?? false);
            }

            isUsed = isUsed || value != 0;
            if (isUsed || !field.IsThereOnceUsed)
            {
                samples.Add(new StatSample(this, field.Name, field.Kind, value, isUsed));
            }

            for (int i = 0; field.IsPerWorker && i < _workers.Length; i++)
            {
                long own = field.Read(_workers[i]);
                samples.Add(new StatSample(this, new StatName($"worker_{i}.{field.Name.Name}"), field.Kind, own, own != 0 || (field.IsUsed?.Invoke(_workers[i]) ?? false)));
            }
        }

        foreach (StatCodes<T> codes in _table.Codes)
        {
            samples.AddRange(codes.Sum(_workers).Select(code => new StatSample(this, code.Name, StatKind.Counter, code.Value, true)));
        }

        foreach (StatNames<T> names in _table.Names)
        {
            samples.AddRange(names.Sum(_workers).Select(named => new StatSample(this, named.Name, StatKind.Counter, named.Value, true)));
        }

        foreach (TextReadout<T> text in _table.Texts)
        {
            if (text.Read(Main) is { } value)
            {
                samples.Add(new StatSample(this, text.Name, StatKind.Text, 0, true) { Text = value });
            }
        }
    }

    private void SampleHistogram(StatField<T> field, List<StatSample> samples)
    {
        var total = new HistogramSnapshot();
        total.Add(field.ReadHistogram!(Main));
        foreach (T worker in _workers)
        {
            total.Add(field.ReadHistogram(worker));
        }

        if (total.Count > 0 || !field.IsThereOnceUsed)
        {
            samples.Add(new StatSample(this, field.Name, StatKind.Histogram, 0, total.Count > 0) { Histogram = total });
        }
    }
}
