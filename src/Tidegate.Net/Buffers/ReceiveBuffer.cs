namespace Tidegate.Net.Buffers;

/// <summary>
/// The bytes that a connection has received and nobody has consumed yet, in one rented buffer that exists only while there is
/// something to receive or to consume. A mutable struct: keep it in a field, never copy it.
/// </summary>
public struct ReceiveBuffer
{
    private byte[]? _bytes;
    private int _start;
    private int _end;

    /// <summary>How many bytes wait to be consumed.</summary>
    public readonly int Length => _end - _start;

    /// <summary>Whether a buffer is held.</summary>
    public readonly bool IsHeld => _bytes is not null;

    /// <summary>The bytes that wait to be consumed.</summary>
    public readonly ReadOnlySpan<byte> Pending => _bytes.AsSpan(_start, _end - _start);

    /// <summary>A part of the waiting bytes, valid until the next <see cref="PrepareToReceive"/>.</summary>
    public readonly ReadOnlyMemory<byte> Slice(int offset, int length) => _bytes.AsMemory(_start + offset, length);

    /// <summary>Drops <paramref name="count"/> bytes from the front.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>
    /// Room for more bytes behind the waiting ones; rents, moves or grows as needed. Never empty: a message part that has to be
    /// contiguous grows the buffer, and the codec's limits bound that growth.
    /// </summary>
    public Memory<byte> PrepareToReceive(BufferPool pool, int size)
    {
        if (_bytes is null)
        {
            _bytes = pool.Rent(size);
            _start = 0;
            _end = 0;
        }
        else if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }
        else if (_end == _bytes.Length)
        {
            MakeRoom(pool);
        }

        return _bytes.AsMemory(_end);
    }

    /// <summary>Says how many bytes were received into what <see cref="PrepareToReceive"/> gave.</summary>
    public void Commit(int count) => _end += count;

    /// <summary>Gives the buffer back if nothing is in it.</summary>
    public void ReleaseIfEmpty(BufferPool pool)
    {
        if (_start == _end)
        {
            Release(pool);
        }
    }

    /// <summary>Gives the buffer back with what is in it.</summary>
    public void Release(BufferPool pool)
    {
        if (_bytes is not null)
        {
            pool.Return(_bytes);
            _bytes = null;
        }

        _start = 0;
        _end = 0;
    }

    private void MakeRoom(BufferPool pool)
    {
        byte[] old = _bytes!;
        int length = _end - _start;
        if (_start > 0)
        {
            old.AsSpan(_start, length).CopyTo(old);
        }
        else
        {
            _bytes = pool.Rent(old.Length * 2);
            old.AsSpan(0, length).CopyTo(_bytes);
            pool.Return(old);
        }

        _start = 0;
        _end = length;
    }
}
