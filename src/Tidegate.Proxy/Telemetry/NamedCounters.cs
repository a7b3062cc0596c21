namespace Tidegate.Proxy.Telemetry;

/// <summary>Counters whose names come from what happens, of which there are few (Envoy: <c>ssl.ciphers.NAME</c>). One worker counts, samplers read racily.</summary>
public sealed class NamedCounters
{
    private Counter[] _counters = [];

    /// <summary>Those that were used.</summary>
    public IEnumerable<(string Name, long Value)> All => Volatile.Read(ref _counters).Select(static counter => (counter.Name, Volatile.Read(ref counter.Value)));

    /// <summary>Counts one more of a name.</summary>
    public void Count(string name)
    {
        foreach (Counter counter in _counters)
        {
            if (counter.Name == name)
            {
                counter.Value++;
                return;
            }
        }

        Volatile.Write(ref _counters, [.. _counters, new Counter(name) { Value = 1 }]);
    }

    private sealed class Counter(string name)
    {
        public long Value;

        public string Name => name;
    }
}
