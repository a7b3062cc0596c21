using System.Buffers;

namespace Tidegate.Http.Http2.Frames;

/// <summary>
/// What waits to be sent: everything is appended to one buffer, and leaves in one send. While a send is under way a second buffer takes what comes, so that the first stays where
/// it is. Nothing is held while nothing waits.
/// </summary>
internal sealed class OutputBuffer(ArrayPool<byte> pool)
{
    private const int InitialBytes = 4 * 1024;

    private byte[]? _bytes;
    private int _length;
    private byte[]? _sending;
    private int _sendingLength;

    /// <summary>How many bytes wait, those of a send that is under way included.</summary>
    public int Length => _length + _sendingLength;

    /// <summary>Whether there is something to send and no send is under way.</summary>
    public bool IsReady => _length > 0 && _sending is null;

    /// <summary>Room for so many bytes behind what is there; say with <see cref="Commit"/> how many were used.</summary>
    public Span<byte> Reserve(int count)
    {
        if (_bytes is null)
        {
            _bytes = pool.Rent(Math.Max(InitialBytes, count));
        }
        else if (_bytes.Length - _length < count)
        {
            byte[] grown = pool.Rent(Math.Max(_bytes.Length * 4, _length + count));
            _bytes.AsSpan(0, _length).CopyTo(grown);
            pool.Return(_bytes);
            _bytes = grown;
        }

        return _bytes.AsSpan(_length, count);
    }

    /// <summary>Appends the first bytes of what was reserved.</summary>
    public void Commit(int count) => _length += count;

    /// <summary>Takes all that waits, to be sent; it stays where it is until <see cref="EndSend"/>.</summary>
    public ReadOnlyMemory<byte> BeginSend()
    {
        (_sending, _sendingLength) = (_bytes, _length);
        (_bytes, _length) = (null, 0);
        return _sending.AsMemory(0, _sendingLength);
    }

    /// <summary>What was taken has been sent.</summary>
    public void EndSend() => Give(ref _sending, ref _sendingLength);

    /// <summary>Gives everything back; nothing more is sent.</summary>
    public void Release()
    {
        Give(ref _bytes, ref _length);
        Give(ref _sending, ref _sendingLength);
    }

    private void Give(ref byte[]? bytes, ref int length)
    {
        if (bytes is not null)
        {
            pool.Return(bytes);
        }

        bytes = null;
        length = 0;
    }
}
