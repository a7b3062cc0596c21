using System.Buffers.Binary;
using System.Buffers.Text;

namespace Tidegate.Proxy.Filters.GrpcWeb;

/// <summary>
/// Encodes an answer's messages as <c>application/grpc-web-text</c>: each frame (a byte of flags, four of length, the message) in base64 of its own, with its own padding, as
/// Envoy does. What is here of a frame goes on at once.
/// </summary>
internal sealed class WebTextEncoder
{
    private const int FrameHeaderBytes = 5;
    private const int GroupBytes = 3;

    private readonly byte[] _header = new byte[FrameHeaderBytes];
    private readonly byte[] _group = new byte[GroupBytes];
    private byte[] _encoded = [];
    private int _encodedLength;
    private int _headerLength;
    private int _groupLength;
    private uint _left;

    /// <summary>Encodes a piece. What it gives is valid until the next call.</summary>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> data)
    {
        Begin(data.Length);
        EncodeFrames(data);
        return _encoded.AsMemory(0, _encodedLength);
    }

    /// <summary>Encodes the last piece, and what is left of a frame that does not end.</summary>
    public ReadOnlyMemory<byte> EncodeLast(ReadOnlySpan<byte> data)
    {
        Begin(data.Length);
        FlushGroup();
        _headerLength = 0;
        EncodeFrames(data);
        FlushGroup();
        return _encoded.AsMemory(0, _encodedLength);
    }

    /// <summary>Forgets what has come.</summary>
    public void Reset()
    {
        _headerLength = 0;
        _groupLength = 0;
        _left = 0;
    }

    // The shortest frame makes eight characters of five bytes, and a group may be begun.
    private void Begin(int length)
    {
        int room = (2 * length) + 16;
        if (_encoded.Length < room)
        {
            _encoded = new byte[room];
        }

        _encodedLength = 0;
    }

    private void EncodeFrames(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            int length = _headerLength < FrameHeaderBytes ? Math.Min(FrameHeaderBytes - _headerLength, data.Length) : (int)Math.Min(_left, (uint)data.Length);
            ReadOnlySpan<byte> part = data[..length];
            data = data[length..];
            Append(part);
            if (_headerLength < FrameHeaderBytes)
            {
                part.CopyTo(_header.AsSpan(_headerLength));
                _headerLength += length;
                if (_headerLength < FrameHeaderBytes)
                {
                    return;
                }

                _left = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(1));
            }
            else
            {
                _left -= (uint)length;
            }

            if (_left == 0)
            {
                FlushGroup();
                _headerLength = 0;
            }
        }
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        while (_groupLength > 0 && !part.IsEmpty)
        {
            _group[_groupLength++] = part[0];
            part = part[1..];
            if (_groupLength == GroupBytes)
            {
                FlushGroup();
            }
        }

        int whole = part.Length / GroupBytes * GroupBytes;
        Base64.EncodeToUtf8(part[..whole], _encoded.AsSpan(_encodedLength), out _, out int written);
        _encodedLength += written;
        foreach (byte value in part[whole..])
        {
            _group[_groupLength++] = value;
        }
    }

    private void FlushGroup()
    {
        Base64.EncodeToUtf8(_group.AsSpan(0, _groupLength), _encoded.AsSpan(_encodedLength), out _, out int written);
        _encodedLength += written;
        _groupLength = 0;
    }
}
