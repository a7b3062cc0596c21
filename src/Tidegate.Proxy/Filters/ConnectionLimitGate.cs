using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters;

/// <summary>Refuses connections while there are too many (Envoy: <c>envoy.filters.network.connection_limit</c>).</summary>
/// <param name="statPrefix">What the names of its counters begin with.</param>
/// <param name="max">How many there may be at once.</param>
/// <param name="delayMs">How long a refused one is held, in milliseconds.</param>
/// <param name="count">How many there are; a later version of the gate goes on with it.</param>
internal sealed class ConnectionLimitGate(string statPrefix, long max, long delayMs, ConnectionCount count) : ConnectionGate
{
    private StatScope<ConnectionLimitStats>? _stats;

    /// <summary>What the names of its counters begin with.</summary>
    public string StatPrefix => statPrefix;

    /// <summary>How many there are.</summary>
    public ConnectionCount Count => count;

    /// <inheritdoc/>
    public override string Refusal => "connection_limit_close_over_limit";

    /// <inheritdoc/>
    public override long RefusalDelayMs => delayMs;

    /// <inheritdoc/>
    public override bool TryEnter(Worker worker, StatScope scope)
    {
        _stats ??= worker.Stats.AddConnectionLimit(scope, statPrefix);
        ConnectionLimitStats stats = _stats.ForWorker(worker.Index);
        if (!count.TryAdd(max))
        {
            stats.LimitedConnections++;
            return false;
        }

        stats.ActiveConnections++;
        return true;
    }

    /// <inheritdoc/>
    public override void Leave(Worker worker)
    {
        _stats!.ForWorker(worker.Index).ActiveConnections--;
        count.Remove();
    }
}

/// <summary>How many connections there are, of all workers.</summary>
internal sealed class ConnectionCount
{
    private long _count;

    /// <summary>One more, if there are not so many already.</summary>
    public bool TryAdd(long max)
    {
        if (Interlocked.Increment(ref _count) <= max)
        {
            return true;
        }

        Remove();
        return false;
    }

    /// <summary>One less.</summary>
    public void Remove() => Interlocked.Decrement(ref _count);
}
