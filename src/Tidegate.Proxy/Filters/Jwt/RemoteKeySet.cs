using System.Collections.Concurrent;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// Keys that are fetched from a cluster: by one request at a time for the whole process, whoever needs them. The last good set stays while a newer one cannot be
/// had. Safe for all workers.
/// </summary>
internal sealed class RemoteKeySet
{
    private readonly Lock _lock = new();
    private byte[] _text = [];
    private Task? _fetching;

    /// <summary>The last good keys; null when there were none yet.</summary>
    public JwtKeySet? Current { get; private set; }

    /// <summary>When they came, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long FetchedMs { get; private set; }

    /// <summary>When fetching them was last begun; null for never.</summary>
    public long? TriedMs { get; private set; }

    /// <summary>When somebody last asked for them.</summary>
    public long UsedMs { get; set; }

    /// <summary>Whether they are being fetched.</summary>
    public bool IsFetching
    {
        get
        {
            lock (_lock)
            {
                return _fetching is { IsCompleted: false };
            }
        }
    }

    /// <summary>Takes on fetching them. Null: it is under way already, and <paramref name="pending"/> ends with it.</summary>
    public TaskCompletionSource? TryBegin(out Task pending)
    {
        lock (_lock)
        {
            if (_fetching is { IsCompleted: false } fetching)
            {
                pending = fetching;
                return null;
            }

            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _fetching = source.Task;
            pending = source.Task;
            TriedMs = Environment.TickCount64;
            return source;
        }
    }

    /// <summary>Takes a set that was fetched. One that is as before stays the same, and with it what it has verified. False: it is none.</summary>
    public bool TryTake(ReadOnlySpan<byte> text)
    {
        lock (_lock)
        {
            if (Current is null || !text.SequenceEqual(_text))
            {
                byte[] kept = text.ToArray();
                if (JwtKeySet.TryParse(kept, out _) is not { } keys)
                {
                    return false;
                }

                Current = keys;
                _text = kept;
            }

            FetchedMs = Environment.TickCount64;
            return true;
        }
    }
}

/// <summary>All key sets that are fetched, by where they are from: they outlive the configurations that name them.</summary>
internal sealed class RemoteKeySets
{
    // Nobody has asked for it for as long: it is forgotten when another is added.
    private const long ForgottenAfterMs = 3_600_000;

    private readonly ConcurrentDictionary<(string Cluster, string Uri), RemoteKeySet> _sets = [];

    /// <summary>The set of a place.</summary>
    public RemoteKeySet Of(string cluster, string uri)
    {
        long now = Environment.TickCount64;
        if (!_sets.TryGetValue((cluster, uri), out RemoteKeySet? known))
        {
            foreach ((var key, RemoteKeySet other) in _sets)
            {
                if (now - other.UsedMs > ForgottenAfterMs)
                {
                    _sets.TryRemove(key, out _);
                }
            }

            known = _sets.GetOrAdd((cluster, uri), static _ => new RemoteKeySet());
        }

        known.UsedMs = now;
        return known;
    }
}
