using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Tidegate.Benchmarks;

/// <summary>A client that makes the same request again and again on one HTTP/2 connection, and allocates nothing.</summary>
internal sealed class Http2Client : IDisposable
{
    private const int FrameHeaderSize = 9;

    // SETTINGS, and a window of the connection that lasts for millions of answers.
    private static readonly byte[] Greeting =
    [
        .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8,
        0, 0, 0, 4, 0, 0, 0, 0, 0,
        0, 0, 4, 8, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0, 0,
        0, 0, 0, 4, 1, 0, 0, 0, 0,
    ];

    // GET, http, a path and an authority, by the static table (RFC 7541, appendix A).
    private static readonly byte[] Block = [0x82, 0x86, 0x04, 12, .. "/api/items/1"u8, 0x01, 10, .. "shop.bench"u8];

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _request = [0, 0, (byte)Block.Length, 1, 5, 0, 0, 0, 0, .. Block];
    private readonly byte[] _answer = new byte[16 * 1024];
    private int _streamId = -1;

    /// <summary>Connects and greets.</summary>
    public void Connect(IPEndPoint server)
    {
        _socket.Connect(server);
        _socket.Send(Greeting);
    }

    /// <summary>Sends a request and reads up to the end of its answer; returns how many bytes came.</summary>
    public int Exchange()
    {
        _streamId += 2;
        BinaryPrimitives.WriteInt32BigEndian(_request.AsSpan(5), _streamId);
        _socket.Send(_request);
        int read = 0;
        while (!HasEnd(_answer.AsSpan(0, read)))
        {
            int received = _socket.Receive(_answer.AsSpan(read));
            read += received > 0 ? received : throw new InvalidOperationException("the gateway closed the connection");
        }

        return read;
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // Whether a frame of the stream that ends it is whole.
    private bool HasEnd(ReadOnlySpan<byte> frames)
    {
        while (frames.Length >= FrameHeaderSize)
        {
            int length = FrameHeaderSize + BinaryPrimitives.ReadInt16BigEndian(frames[1..]);
            if (frames.Length < length)
            {
                return false;
            }

            if (frames[3] is 0 && (frames[4] & 1) != 0 && BinaryPrimitives.ReadInt32BigEndian(frames[5..]) == _streamId)
            {
                return true;
            }

            frames = frames[length..];
        }

        return false;
    }
}
