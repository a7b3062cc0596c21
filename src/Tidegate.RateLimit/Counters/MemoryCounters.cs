using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;

namespace Tidegate.RateLimit.Counters;

/// <summary>
/// Counters of one server, in its memory. With a file they survive a restart: it is written anew while they change, and at the end. As many are kept as are allowed;
/// when all are needed, further ones cannot be counted, which is told as any failure is.
/// </summary>
public sealed partial class MemoryCounters : ICounters
{
    private readonly ConcurrentDictionary<string, Counter> _counters = new();
    private readonly CounterFile? _file;
    private readonly int _max;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private BackgroundLoop? _loop;
    private int _count;
    private int _isDirty;
    private long _forgotAt;

    /// <param name="max">How many counters there may be.</param>
    /// <param name="file">Where they are kept; null for nowhere.</param>
    /// <param name="logger">Is told when they cannot be kept.</param>
    /// <param name="time">The clock.</param>
    public MemoryCounters(int max, CounterFile? file, ILogger logger, TimeProvider time)
    {
        _max = max;
        _file = file;
        _time = time;
        _logger = logger;
        foreach (SavedCounter saved in file?.Load() ?? [])
        {
            if (saved.EndsAt > Now && _count < max)
            {
                _counters[saved.Key] = new Counter(saved.EndsAt) { Value = saved.Value };
                _count++;
            }
        }
    }

    /// <inheritdoc/>
    public string? Problem => null;

    private long Now => _time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Forgets what is over, and keeps the rest, again and again from now on.</summary>
    public void Watch(BackgroundWork work, TimeSpan interval) => _loop = work.Repeat("keeping counters", async cancellation =>
    {
        await Task.Delay(interval, _time, cancellation).ConfigureAwait(false);
        Tidy();
    });

    /// <inheritdoc/>
    public ValueTask<ulong[]> AddAsync(IReadOnlyList<CounterHit> hits, CancellationToken cancellation)
    {
        ulong[] values = new ulong[hits.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Add(hits[i]);
        }

        Volatile.Write(ref _isDirty, 1);
        return new(values);
    }

    /// <summary>Forgets counters of windows that are over, and keeps the rest in the file.</summary>
    public void Tidy()
    {
        Forget();
        if (_file is not null && Interlocked.Exchange(ref _isDirty, 0) == 1)
        {
            try
            {
                lock (_file)
                {
                    Save(_file);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Volatile.Write(ref _isDirty, 1);
                LogNotKept(_logger, exception.Message);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_loop is not null)
        {
            await _loop.DisposeAsync().ConfigureAwait(false);
        }

        Tidy();
    }

    private void Save(CounterFile file) =>
        file.Save(_counters.Select(static pair => new SavedCounter(pair.Key, Interlocked.Read(ref pair.Value.Value), pair.Value.EndsAt)));

    // Once a second at most: whoever finds no room may come often.
    private void Forget()
    {
        long now = Now;
        if (Interlocked.Exchange(ref _forgotAt, now) == now)
        {
            return;
        }

        foreach ((string key, Counter counter) in _counters)
        {
            if (counter.EndsAt <= now && _counters.TryRemove(key, out _))
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }

    private ulong Add(CounterHit hit)
    {
        if (!_counters.TryGetValue(hit.Key, out Counter? counter))
        {
            if (hit.Hits == 0)
            {
                return 0;
            }

            counter = Make(hit);
        }

        return (ulong)Interlocked.Add(ref counter.Value, (long)hit.Hits);
    }

    private Counter Make(CounterHit hit)
    {
        if (Interlocked.Increment(ref _count) > _max)
        {
            Interlocked.Decrement(ref _count);
            Forget();
            if (Interlocked.Increment(ref _count) > _max)
            {
                Interlocked.Decrement(ref _count);
                throw new CountersUnavailableException($"there are {_max} counters already");
            }
        }

        var made = new Counter(Now + hit.LifeSeconds);
        Counter counter = _counters.GetOrAdd(hit.Key, made);
        if (counter != made)
        {
            Interlocked.Decrement(ref _count); // another thread was first
        }

        return counter;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the counters cannot be kept: {Reason}")]
    private static partial void LogNotKept(ILogger logger, string reason);

    private sealed class Counter(long endsAt)
    {
        public long Value;

        public long EndsAt { get; } = endsAt;
    }
}
