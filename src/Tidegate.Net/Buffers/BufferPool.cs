using Tidegate.Net.Memory;

namespace Tidegate.Net.Buffers;

/// <summary>
/// The buffers of one loop, without locks: pinned arrays of 4, 16 and 64 KiB. What nobody used for a while is given back to the
/// garbage collector, so that memory falls after a burst. Larger buffers are plain arrays that are not kept. What there is of
/// buffers, in use or ready, is charged to the loop's <see cref="MemoryAccount"/>.
/// </summary>
public sealed class BufferPool
{
    /// <summary>The length of the small buffers: request heads.</summary>
    public const int SmallLength = 4 * 1024;

    /// <summary>The length of the middle buffers: body pieces.</summary>
    public const int MediumLength = 16 * 1024;

    /// <summary>The length of the large buffers.</summary>
    public const int LargeLength = 64 * 1024;

    private readonly MemoryAccount _memory;
    private readonly LoopPool<byte[]> _small;
    private readonly LoopPool<byte[]> _medium;
    private readonly LoopPool<byte[]> _large;
    private readonly RentLedger? _ledger;

    /// <summary>An empty pool that keeps everything and is charged to nobody; with <paramref name="tracks"/> it remembers who rented what.</summary>
    public BufferPool(bool tracks = false)
        : this(new PoolTrimmer(timers: null, 0), new MemoryBudget().Open(), tracks)
    {
    }

    /// <summary>An empty pool.</summary>
    /// <param name="trimmer">Who has it give back what is not needed.</param>
    /// <param name="memory">Who pays.</param>
    /// <param name="tracks">Whether it remembers who rented what.</param>
    public BufferPool(PoolTrimmer trimmer, MemoryAccount memory, bool tracks = false)
    {
        _memory = memory;
        _small = new LoopPool<byte[]>(trimmer, keep: 64, OnDropped);
        _medium = new LoopPool<byte[]>(trimmer, keep: 16, OnDropped);
        _large = new LoopPool<byte[]>(trimmer, keep: 4, OnDropped);
        _ledger = tracks ? new RentLedger() : null;
    }

    /// <summary>How many buffers are rented and not returned.</summary>
    public int RentedCount { get; private set; }

    /// <summary>The bytes of the buffers that lie ready.</summary>
    public long FreeBytes => ((long)_small.Count * SmallLength) + ((long)_medium.Count * MediumLength) + ((long)_large.Count * LargeLength);

    /// <summary>
    /// Where the buffers that are out were rented, one stack trace each; empty unless <see cref="EventLoopOptions.TracksBuffers"/>.
    /// </summary>
    public IReadOnlyCollection<string> Leaks => _ledger?.Outstanding ?? [];

    /// <summary>A buffer of at least this length with arbitrary content.</summary>
    public byte[] Rent(int minimumLength)
    {
        byte[] buffer = PoolOf(minimumLength)?.Take() ?? Allocate(minimumLength);
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
        LoopPool<byte[]>? pool = buffer.Length switch
        {
            SmallLength => _small,
            MediumLength => _medium,
            LargeLength => _large,
            _ => null,
        };
        if (pool is null)
        {
            OnDropped(buffer);
            return;
        }

        pool.Give(buffer);
    }

    private LoopPool<byte[]>? PoolOf(int length) => length switch
    {
        <= SmallLength => _small,
        <= MediumLength => _medium,
        <= LargeLength => _large,
        _ => null,
    };

    private byte[] Allocate(int minimumLength)
    {
        int length = minimumLength switch
        {
            <= SmallLength => SmallLength,
            <= MediumLength => MediumLength,
            <= LargeLength => LargeLength,
            _ => minimumLength,
        };
        _memory.Charge(length);
        return GC.AllocateUninitializedArray<byte>(length, pinned: length <= LargeLength);
    }

    private void OnDropped(byte[] buffer) => _memory.Charge(-buffer.Length);
}
