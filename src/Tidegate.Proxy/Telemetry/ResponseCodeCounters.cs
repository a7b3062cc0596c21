namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// A counter for each status from 100 to 599 (Envoy: <c>upstream_rq_200</c>, ...). One worker writes, samplers read racily.
/// A class of statuses takes memory from its first answer on.
/// </summary>
public sealed class ResponseCodeCounters
{
    private readonly long[]?[] _classes = new long[]?[6];

    /// <summary>Counts an answer; a status out of range is not counted.</summary>
    public void Increment(int status)
    {
        int statusClass = status / 100;
        if (statusClass is < 1 or > 5)
        {
            return;
        }

        long[]? counters = _classes[statusClass];
        if (counters is null)
        {
            counters = new long[100];
            Volatile.Write(ref _classes[statusClass], counters);
        }

        counters[status - (statusClass * 100)]++;
    }

    /// <summary>Answers with this status so far.</summary>
    public long this[int status] => status is < 100 or > 599 ? 0 : Volatile.Read(ref _classes[status / 100])?[status % 100] ?? 0;
}
