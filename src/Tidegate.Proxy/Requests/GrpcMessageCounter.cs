using System.Buffers.Binary;

namespace Tidegate.Proxy.Requests;

/// <summary>Counts the messages of one direction of a gRPC call, however its bytes are split (gRPC over HTTP/2: five bytes before each message, the last four its length).</summary>
internal struct GrpcMessageCounter
{
    private const int PrefixLength = 5;

    private ulong _prefix;
    private int _prefixBytes;
    private uint _left;

    /// <summary>Messages that have begun.</summary>
    public long Count { get; private set; }

    /// <summary>Takes a piece.</summary>
    public void Take(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            if (_left > 0)
            {
                int length = (int)Math.Min(_left, (uint)data.Length);
                _left -= (uint)length;
                data = data[length..];
            }
            else if (_prefixBytes == 0 && data.Length >= PrefixLength)
            {
                Count++;
                _left = BinaryPrimitives.ReadUInt32BigEndian(data[1..]);
                data = data[PrefixLength..];
            }
            else
            {
                Count += _prefixBytes == 0 ? 1 : 0;
                _prefix = (_prefix << 8) | data[0];
                data = data[1..];
                if (++_prefixBytes == PrefixLength)
                {
                    _left = (uint)_prefix;
                    _prefix = 0;
                    _prefixBytes = 0;
                }
            }
        }
    }
}
