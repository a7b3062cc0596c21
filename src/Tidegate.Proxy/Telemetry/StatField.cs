namespace Tidegate.Proxy.Telemetry;

/// <summary>What a statistic is.</summary>
public enum StatKind : byte
{
    /// <summary>It only grows.</summary>
    Counter,

    /// <summary>It goes up and down.</summary>
    Gauge,

    /// <summary>A distribution.</summary>
    Histogram,

    /// <summary>A text.</summary>
    Text,
}

/// <summary>Makes the lines of <see cref="StatTables"/>.</summary>
internal static class StatField
{
    public static StatField<T> Counter<T>(string name, Func<T, long> read)
        where T : class => new(new StatName(name), StatKind.Counter, read, null, null);

    public static StatField<T> Gauge<T>(string name, Func<T, long> read, Func<T, bool>? isUsed = null)
        where T : class => new(new StatName(name), StatKind.Gauge, read, null, isUsed ?? (static _ => true));

    public static StatField<T> Histogram<T>(string name, Func<T, Histogram> read)
        where T : class => new(new StatName(name), StatKind.Histogram, null, read, null);

    /// <summary>The same statistic, and besides it that of each worker (<c>worker_0.NAME</c>).</summary>
    public static StatField<T> PerWorker<T>(StatField<T> field)
        where T : class => field with { IsPerWorker = true };

    /// <summary>The same statistic, but there only once it was used: as with Envoy's that are made when they are needed.</summary>
    public static StatField<T> OnceUsed<T>(StatField<T> field)
        where T : class => field with { IsThereOnceUsed = true };
}

/// <summary>One statistic of the class <typeparamref name="T"/>.</summary>
/// <param name="Name">Its name below the scope.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Read">Where a counter's or gauge's value is.</param>
/// <param name="ReadHistogram">Where a histogram is.</param>
/// <param name="IsUsed">Whether a gauge was ever used; a counter was when it is not 0.</param>
public sealed record StatField<T>(StatName Name, StatKind Kind, Func<T, long>? Read, Func<T, Histogram>? ReadHistogram, Func<T, bool>? IsUsed)
    where T : class
{
    /// <summary>Whether it is shown only once it was used.</summary>
    public bool IsThereOnceUsed { get; init; }

    /// <summary>Whether that of each worker is shown as well.</summary>
    public bool IsPerWorker { get; init; }
}

/// <summary>A statistic that is a text; only the control threads' instance has it.</summary>
/// <param name="Name">Its name below the scope.</param>
/// <param name="Read">Where the text is; null when there is none yet, and then it is not shown.</param>
public sealed record TextReadout<T>(StatName Name, Func<T, string?> Read)
    where T : class
{
    /// <summary>Names the text.</summary>
    public TextReadout(string name, Func<T, string?> read)
        : this(new StatName(name), read)
    {
    }
}

/// <summary>Counters whose names come from what happens, there once they were used.</summary>
/// <param name="Prefix">What stands before the names.</param>
/// <param name="Read">Where they are.</param>
public sealed record StatNames<T>(string Prefix, Func<T, NamedCounters> Read)
    where T : class
{
    /// <summary>Those that were used, summed over the workers.</summary>
    internal IEnumerable<(StatName Name, long Value)> Sum(IEnumerable<T> workers) =>
        workers.SelectMany(worker => Read(worker).All).GroupBy(static counter => counter.Name)
            .Select(counters => (new StatName(Prefix + counters.Key), counters.Sum(static counter => counter.Value)));
}

/// <summary>Counters by status: one for each status and each class of them, there once it was used (Envoy: <c>upstream_rq_200</c>, <c>upstream_rq_2xx</c>).</summary>
public sealed class StatCodes<T>
    where T : class
{
    private readonly StatName[] _ofStatus;
    private readonly StatName[] _ofClass;
    private readonly StatName _unknown;

    /// <summary>Names the counters.</summary>
    /// <param name="prefix">What stands before the status.</param>
    /// <param name="read">Where they are.</param>
    public StatCodes(string prefix, Func<T, ResponseCodeCounters> read)
    {
        Read = read;
        _ofStatus = [.. Enumerable.Range(ResponseCodeCounters.MinStatus, ResponseCodeCounters.MaxStatus - ResponseCodeCounters.MinStatus + 1).Select(status => new StatName($"{prefix}{status}"))];
        _ofClass = [.. Enumerable.Range(0, 6).Select(number => new StatName($"{prefix}{number}xx"))];
        _unknown = new StatName($"{prefix}unknown");
    }

    /// <summary>Where they are.</summary>
    public Func<T, ResponseCodeCounters> Read { get; }

    /// <summary>Those that were used, summed over the workers.</summary>
    internal IEnumerable<(StatName Name, long Value)> Sum(IEnumerable<T> workers)
    {
        ResponseCodeCounters[] counters = [.. workers.Select(Read)];
        for (int number = 1; number <= 5; number++)
        {
            if (counters.Sum(worker => worker.OfClass(number)) is > 0 and long ofClass)
            {
                yield return (_ofClass[number], ofClass);
                for (int status = number * 100; status < (number + 1) * 100; status++)
                {
                    if (counters.Sum(worker => worker[status]) is > 0 and long ofStatus)
                    {
                        yield return (_ofStatus[status - ResponseCodeCounters.MinStatus], ofStatus);
                    }
                }
            }
        }

        if (counters.Sum(static worker => worker.Unknown) is > 0 and long unknown)
        {
            yield return (_unknown, unknown);
        }
    }
}

/// <summary>All statistics of one class.</summary>
public sealed class StatTable<T>
    where T : class
{
    internal StatTable(IReadOnlyList<StatField<T>> fields, IReadOnlyList<StatCodes<T>>? codes = null, IReadOnlyList<StatNames<T>>? names = null, IReadOnlyList<TextReadout<T>>? texts = null)
    {
        Fields = fields;
        Codes = codes ?? [];
        Names = names ?? [];
        Texts = texts ?? [];
    }

    /// <summary>Counters, gauges and histograms.</summary>
    public IReadOnlyList<StatField<T>> Fields { get; }

    /// <summary>Counters by status.</summary>
    public IReadOnlyList<StatCodes<T>> Codes { get; }

    /// <summary>Counters whose names come from what happens.</summary>
    public IReadOnlyList<StatNames<T>> Names { get; }

    /// <summary>Texts.</summary>
    public IReadOnlyList<TextReadout<T>> Texts { get; }
}
