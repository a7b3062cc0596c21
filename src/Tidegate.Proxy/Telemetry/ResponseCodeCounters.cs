namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// Answers by their status (Envoy: <c>upstream_rq_200</c>, <c>upstream_rq_2xx</c>, <c>upstream_rq_completed</c>). One worker writes, samplers read racily.
/// A class of statuses takes memory from its first answer on.
/// </summary>
public sealed class ResponseCodeCounters
{
    /// <summary>The lowest status that has a counter of its own.</summary>
    public const int MinStatus = 100;

    /// <summary>The highest one.</summary>
    public const int MaxStatus = 599;

    private long[]?[]? _classes;
    private long _unknown;

    /// <summary>Answers with a status that is none.</summary>
    public long Unknown => Volatile.Read(ref _unknown);

    /// <summary>All answers.</summary>
    public long Completed
    {
        get
        {
            long total = Unknown;
            for (int i = 1; i <= 5; i++)
            {
                total += OfClass(i);
            }

            return total;
        }
    }

    /// <summary>Counts an answer.</summary>
    public void Count(int status)
    {
        if (status is < MinStatus or > MaxStatus)
        {
            _unknown++;
            return;
        }

        (_classes?[status / 100] ?? AddClass(status / 100))[status % 100]++;
    }

    /// <summary>Answers with this status so far.</summary>
    public long this[int status] => status is < MinStatus or > MaxStatus ? 0 : Class(status / 100) is { } counters ? Volatile.Read(ref counters[status % 100]) : 0;

    /// <summary>Answers of a class of statuses, such as 2 for 200 to 299.</summary>
    public long OfClass(int number)
    {
        long total = 0;
        foreach (long count in Class(number) ?? [])
        {
            total += count;
        }

        return total;
    }

    private long[]? Class(int number) => Volatile.Read(ref _classes) is { } classes ? Volatile.Read(ref classes[number]) : null;

    private long[] AddClass(int number)
    {
        if (_classes is null)
        {
            Volatile.Write(ref _classes, new long[]?[6]);
        }

        var counters = new long[100];
        Volatile.Write(ref _classes![number], counters);
        return counters;
    }
}
