#if DEBUG
using System.Diagnostics;

#endif
namespace Tidegate.Net.Buffers;

/// <summary>
/// One loop's buffers: pinned arrays in three sizes, without locks. A burst's buffers are given back to the runtime bit by
/// bit: a free list that was never empty for a while had more than was needed.
/// </summary>
public sealed class BufferPool
{
    private const int SmallBytes = 4 * 1024;
    private const int MediumBytes = 16 * 1024;
    private const int LargeBytes = 64 * 1024;

    // Returned buffers between two looks at how many were never needed.
    private const int TrimInterval = 4096;

    private readonly FreeList _small = new(SmallBytes);
    private readonly FreeList _medium = new(MediumBytes);
    private readonly FreeList _large = new(LargeBytes);
#if DEBUG
    private readonly HashSet<byte[]> _rented = new(ReferenceEqualityComparer.Instance);

    /// <summary>Buffers that are rented and not returned; in DEBUG builds only.</summary>
    public IReadOnlyCollection<byte[]> Rented => _rented;
#endif

    /// <summary>Bytes that wait to be rented again.</summary>
    public long FreeBytes => _small.FreeBytes + _medium.FreeBytes + _large.FreeBytes;

    /// <summary>A buffer of at least that length, with whatever is in it. Larger than 64 KiB: one that is not kept.</summary>
    public byte[] Rent(int minimumLength)
    {
        byte[] buffer = ListOf(minimumLength)?.Rent() ?? GC.AllocateUninitializedArray<byte>(minimumLength, pinned: true);
#if DEBUG
        _rented.Add(buffer);
#endif
        return buffer;
    }

    /// <summary>Takes a buffer back that <see cref="Rent"/> gave.</summary>
    public void Return(byte[] buffer)
    {
#if DEBUG
        Debug.Assert(_rented.Remove(buffer), "a buffer is returned once, to the pool that it came from");
#endif
        FreeList? list = ListOf(buffer.Length);
        if (list?.Size == buffer.Length)
        {
            list.Return(buffer);
        }
    }

    private FreeList? ListOf(int length) => length switch
    {
        <= SmallBytes => _small,
        <= MediumBytes => _medium,
        <= LargeBytes => _large,
        _ => null,
    };

    private sealed class FreeList(int size)
    {
        private readonly Stack<byte[]> _free = new();
        private int _fewestFree;
        private int _returns;

        public int Size => size;

        public long FreeBytes => (long)_free.Count * size;

        public byte[] Rent()
        {
            if (!_free.TryPop(out byte[]? buffer))
            {
                buffer = GC.AllocateUninitializedArray<byte>(size, pinned: true);
            }

            _fewestFree = Math.Min(_fewestFree, _free.Count);
            return buffer;
        }

        public void Return(byte[] buffer)
        {
            _free.Push(buffer);
            if (++_returns >= TrimInterval)
            {
                Trim();
            }
        }

        private void Trim()
        {
            for (int i = _fewestFree / 2; i > 0; i--)
            {
                _free.Pop();
            }

            _free.TrimExcess();
            _returns = 0;
            _fewestFree = _free.Count;
        }
    }
}
