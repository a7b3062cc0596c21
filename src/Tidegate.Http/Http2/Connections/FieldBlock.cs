using System.Buffers;
using Tidegate.Http.Http2.Floods;

namespace Tidegate.Http.Http2.Connections;

/// <summary>A field block that goes on in CONTINUATION frames (RFC 9113 section 4.3): gathered until it is whole, in a buffer that exists only so long.</summary>
internal sealed class FieldBlock(Http2Limits limits, FloodGuard guard, ArrayPool<byte> pool)
{
    private byte[]? _bytes;
    private int _length;
    private int _continuations;

    /// <summary>Whether one is begun: then only its CONTINUATION may follow.</summary>
    public bool IsOpen => _bytes is not null;

    /// <summary>The stream that it is for.</summary>
    public int StreamId { get; private set; }

    /// <summary>Whether the stream ends with it.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>What there is of it.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    /// <summary>Begins one with the piece of its HEADERS frame.</summary>
    public Http2Fault Begin(int streamId, bool isEnd, ReadOnlySpan<byte> piece)
    {
        StreamId = streamId;
        IsEnd = isEnd;
        _length = 0;
        _continuations = 0;
        _bytes = pool.Rent(Math.Max(1, 2 * piece.Length));
        return Append(piece);
    }

    /// <summary>Goes on with the piece of a CONTINUATION frame.</summary>
    public Http2Fault Continue(ReadOnlySpan<byte> piece) => ++_continuations > limits.MaxContinuationFrames ? Http2Fault.ContinuationFlood : Append(piece);

    /// <summary>It is not needed any more.</summary>
    public void Release()
    {
        if (_bytes is not null)
        {
            pool.Return(_bytes);
            _bytes = null;
        }
    }

    private Http2Fault Append(ReadOnlySpan<byte> piece)
    {
        Http2Fault fault = guard.OnFrameWithin(piece.IsEmpty);
        if (fault != Http2Fault.None || _length + piece.Length > limits.MaxFieldBlockBytes)
        {
            return fault != Http2Fault.None ? fault : Http2Fault.ContinuationFlood;
        }

        if (_bytes!.Length - _length < piece.Length)
        {
            byte[] grown = pool.Rent(Math.Max(_bytes.Length * 2, _length + piece.Length));
            Bytes.CopyTo(grown);
            pool.Return(_bytes);
            _bytes = grown;
        }

        piece.CopyTo(_bytes.AsSpan(_length));
        _length += piece.Length;
        return Http2Fault.None;
    }
}
