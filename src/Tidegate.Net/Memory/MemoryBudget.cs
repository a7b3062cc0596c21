namespace Tidegate.Net.Memory;

/// <summary>
/// How much memory all may take together that peers make us hold: buffers, connections, requests, handshakes. Each loop charges what it holds to its own account, and whoever is about to take
/// more asks first how full the budget is. So a flood is refused before the process outgrows the limit of its container, and it is known when what it took is free again.
/// </summary>
public sealed class MemoryBudget
{
    // In percent, in the order of MemoryPressure. The last four are the overload manager's of Envoy's advice for the edge (edge.md, S11).
    private static readonly int[] Levels = [0, 50, 80, 92, 95, 98, 100];

    private readonly long[] _limits;
    private MemoryAccount[] _accounts = [];

    /// <summary>A budget of so many bytes; 0 is no limit: what is used is counted all the same.</summary>
    public MemoryBudget(long limitBytes = 0)
    {
        LimitBytes = limitBytes;
        _limits = [.. Levels.Select(percent => limitBytes <= 0 ? long.MaxValue : limitBytes / 100.0 * percent).Select(static bytes => (long)Math.Min(bytes, long.MaxValue))];
        _limits[0] = 0;
    }

    /// <summary>How many bytes there are; 0 is no limit.</summary>
    public long LimitBytes { get; }

    /// <summary>How many of them are used. From any thread; exact when no loop is at work.</summary>
    public long UsedBytes
    {
        get
        {
            long sum = 0;
            foreach (MemoryAccount account in Volatile.Read(ref _accounts))
            {
                sum += account.Bytes;
            }

            return sum;
        }
    }

    /// <summary>How full it is.</summary>
    public MemoryPressure Pressure
    {
        get
        {
            long used = UsedBytes;
            var pressure = MemoryPressure.None;
            while (pressure < MemoryPressure.Exhausted && used >= _limits[(int)pressure + 1])
            {
                pressure++;
            }

            return pressure;
        }
    }

    /// <summary>How many bytes more are used than where this level begins; less than 0 where it has not.</summary>
    public long BytesAbove(MemoryPressure level) => UsedBytes - _limits[(int)level];

    /// <summary>An account for one more loop.</summary>
    public MemoryAccount Open()
    {
        var account = new MemoryAccount(this);
        MemoryAccount[] seen;
        do
        {
            seen = Volatile.Read(ref _accounts);
        }
        while (Interlocked.CompareExchange(ref _accounts, [.. seen, account], seen) != seen);
        return account;
    }
}
