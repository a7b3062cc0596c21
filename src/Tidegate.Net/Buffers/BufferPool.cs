using Tidegate.Net.Timers;

namespace Tidegate.Net.Buffers;

/// <summary>
/// The buffers of one loop, without locks: pinned arrays of 4, 16 and 64 KiB. What nobody used for a while is given back to the
/// garbage collector, so that memory falls after a burst. Larger buffers are plain arrays that are not kept.
/// </summary>
public sealed class BufferPool
{
    /// <summary>The length of the small buffers: request heads.</summary>
    public const int SmallLength = 4 * 1024;

    /// <summary>The length of the middle buffers: body pieces.</summary>
    public const int MediumLength = 16 * 1024;

    /// <summary>The length of the large buffers.</summary>
    public const int LargeLength = 64 * 1024;

    /// <summary>How often unused buffers are looked for, in milliseconds.</summary>
    public const int TrimPeriodMs = 5_000;

    private readonly BufferStack _small = new(SmallLength, keep: 64);
    private readonly BufferStack _medium = new(MediumLength, keep: 16);
    private readonly BufferStack _large = new(LargeLength, keep: 4);
    private readonly TimerWheel? _timers;
    private readonly TrimTimer _trimTimer;
    private readonly RentLedger? _ledger;
    private long _droppedBytes;

    /// <summary>
    /// An empty pool that gives back by these timers what nobody uses (null: it keeps everything); with <paramref name="tracks"/>
    /// it remembers who rented what.
    /// </summary>
    public BufferPool(TimerWheel? timers = null, bool tracks = false)
    {
        _timers = timers;
        _trimTimer = new TrimTimer(this);
        _ledger = tracks ? new RentLedger() : null;
    }

    /// <summary>How many buffers are rented and not returned.</summary>
    public int RentedCount { get; private set; }

    /// <summary>The bytes of the buffers that lie ready.</summary>
    public long FreeBytes => _small.FreeBytes + _medium.FreeBytes + _large.FreeBytes;

    /// <summary>
    /// Where the buffers that are out were rented, one stack trace each; empty unless <see cref="EventLoopOptions.TracksBuffers"/>.
    /// </summary>
    public IReadOnlyCollection<string> Leaks => _ledger?.Outstanding ?? [];

    /// <summary>A buffer of at least this length with arbitrary content.</summary>
    public byte[] Rent(int minimumLength)
    {
        byte[] buffer = minimumLength <= SmallLength ? _small.Pop()
            : minimumLength <= MediumLength ? _medium.Pop()
            : minimumLength <= LargeLength ? _large.Pop()
            : GC.AllocateUninitializedArray<byte>(minimumLength);
        RentedCount++;
        _ledger?.Add(buffer);
        return buffer;
    }

    /// <summary>Takes a rented buffer back; the caller must not touch it again.</summary>
    /// <exception cref="InvalidOperationException">With tracking: the buffer is not rented (returned twice, or not from here).</exception>
    public void Return(byte[] buffer)
    {
        _ledger?.Remove(buffer);
        RentedCount--;
        BufferStack? stack = buffer.Length switch
        {
            SmallLength => _small,
            MediumLength => _medium,
            LargeLength => _large,
            _ => null,
        };
        if (stack is null)
        {
            return;
        }

        stack.Push(buffer);
        if (!_trimTimer.IsScheduled && stack.FreeCount > stack.Keep)
        {
            _timers?.Schedule(_trimTimer, TrimPeriodMs);
        }
    }

    private void Trim()
    {
        _droppedBytes += _small.Trim() + _medium.Trim() + _large.Trim();
        if (_small.FreeCount > _small.Keep || _medium.FreeCount > _medium.Keep || _large.FreeCount > _large.Keep)
        {
            _timers?.Schedule(_trimTimer, TrimPeriodMs);
        }

        // Without this an idle process would never collect, and the memory of a burst would stay.
        if (_droppedBytes >= 16 * 1024 * 1024)
        {
            _droppedBytes = 0;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        }
    }

    private sealed class TrimTimer(BufferPool pool) : LoopTimer
    {
        protected override void OnExpired() => pool.Trim();
    }
}
