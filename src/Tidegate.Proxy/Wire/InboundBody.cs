using Tidegate.Net.Buffers;

namespace Tidegate.Proxy.Wire;

/// <summary>
/// The piece of a message's body that has come and was not read yet. It is handed out as a whole, and stays valid until the next one is taken; what comes
/// meanwhile gathers in another buffer. The window of the stream bounds both. A mutable struct: keep it in a field.
/// </summary>
internal struct InboundBody
{
    private byte[]? _waiting;
    private int _waitingLength;
    private byte[]? _held;
    private int _heldLength;

    /// <summary>Whether nothing waits to be read.</summary>
    public readonly bool IsEmpty => _waitingLength == 0;

    /// <summary>Adds what has come.</summary>
    public void Add(ReadOnlySpan<byte> data, BufferPool pool)
    {
        if (data.IsEmpty)
        {
            return;
        }

        if (_waiting is null)
        {
            _waiting = pool.Rent(data.Length);
        }
        else if (_waiting.Length - _waitingLength < data.Length)
        {
            byte[] grown = pool.Rent(Math.Max(_waiting.Length * 2, _waitingLength + data.Length));
            _waiting.AsSpan(0, _waitingLength).CopyTo(grown);
            pool.Return(_waiting);
            _waiting = grown;
        }

        data.CopyTo(_waiting.AsSpan(_waitingLength));
        _waitingLength += data.Length;
    }

    /// <summary>Takes all that waits. What was taken before must have been given back.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        (_held, _heldLength) = (_waiting, _waitingLength);
        (_waiting, _waitingLength) = (null, 0);
        return _held.AsMemory(0, _heldLength);
    }

    /// <summary>What was taken was consumed. Gives its length in bytes.</summary>
    public int GiveBack(BufferPool pool)
    {
        int length = _heldLength;
        if (_held is not null)
        {
            pool.Return(_held);
        }

        _held = null;
        _heldLength = 0;
        return length;
    }

    /// <summary>Nobody reads any more. Gives how many bytes waited.</summary>
    public int Drop(BufferPool pool)
    {
        int length = _waitingLength;
        if (_waiting is not null)
        {
            pool.Return(_waiting);
        }

        _waiting = null;
        _waitingLength = 0;
        return length;
    }
}
