namespace Tidegate.Proxy.Telemetry;

/// <summary>Counters whose names come from what happens, of which there are few (Envoy: <c>ssl.ciphers.NAME</c>). One worker counts, samplers read racily.</summary>
public sealed class NamedCounters
{
    private NamedCounter[] _counters = [];

    /// <summary>Those that were used.</summary>
    public IEnumerable<(string Name, long Value)> All => Volatile.Read(ref _counters).Select(static counter => (counter.Name, counter.Value));

    /// <summary>Counts one more of a name.</summary>
    public void Count(string name) => Of(name).Value++;

    /// <summary>The counter of a name, for who counts with it again.</summary>
    public NamedCounter Of(string name)
    {
        foreach (NamedCounter counter in _counters)
        {
            if (counter.Name == name)
            {
                return counter;
            }
        }

        var made = new NamedCounter(name);
        Volatile.Write(ref _counters, [.. _counters, made]);
        return made;
    }
}

/// <summary>One of <see cref="NamedCounters"/>.</summary>
/// <param name="name">Its name.</param>
public sealed class NamedCounter(string name)
{
    /// <summary>What was counted.</summary>
    public long Value { get; set; }

    /// <summary>Its name.</summary>
    public string Name => name;
}
