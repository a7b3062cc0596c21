using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>DATA (RFC 9113 section 6.1): counted against the windows and the length of its message when it begins, handed out as it comes.</summary>
internal sealed class DataReceiver(ConnectionState connection)
{
    private int _left;
    private int _dataStreamId;
    private bool _isEnd;

    /// <summary>Whether the content of the frame is over; only padding follows.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>Bytes of padding behind the content.</summary>
    public int Padding { get; private set; }

    /// <summary>A frame begins.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="padding">Bytes of padding behind the content; -1 when the frame has none, and no byte that says so.</param>
    public Http2Event Begin(FrameHeader header, int padding)
    {
        if (header.StreamId == 0 || connection.IsIdle(header.StreamId) || (header.Has(FrameFlags.Padded) && (padding < 0 || padding >= header.Length)))
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (!connection.ReceiveWindow.TryTake(header.Length))
        {
            return Http2Event.ConnectionFailed(Http2Fault.FlowControl);
        }

        int paddingSize = padding < 0 ? 0 : padding + 1;
        int length = header.Length - paddingSize;
        bool isEnd = header.Has(FrameFlags.EndStream);

        // 1. A frame for nobody; its bytes count for the connection's window all the same.
        Http2Stream? stream = connection.Streams.Find(header.StreamId);
        _dataStreamId = 0;
        _isEnd = false;
        _left = length;
        Padding = paddingSize == 0 ? 0 : padding;
        IsAtEnd = false;
        if (stream is null)
        {
            connection.CreditConnection(paddingSize);
            return connection.Streams.EndOf(header.StreamId) == StreamEnd.Ended ? Http2Event.ConnectionFailed(Http2Fault.StreamClosed) : connection.Ignore();
        }

        // 2. A frame that the stream can't take.
        Http2Fault fault = !stream.CanReceive ? Http2Fault.StreamClosed
            : !stream.ReceiveWindow.TryTake(header.Length) ? Http2Fault.FlowControl
            : !stream.HasHead ? Http2Fault.MessagingViolation
            : !stream.TryCount(length) || (isEnd && !stream.IsBodyWhole) ? Http2Fault.ContentLengthMismatch
            : Http2Fault.None;
        if (fault != Http2Fault.None)
        {
            connection.CreditConnection(paddingSize);
            return connection.FailStream(stream, fault);
        }

        // 3. A piece of a body.
        connection.PendingFault = connection.Guard.OnFrameWithin(length == 0 && !isEnd);
        Credit(stream, paddingSize);
        if (length == 0 && !isEnd)
        {
            IsAtEnd = true;
            return default;
        }

        _dataStreamId = header.StreamId;
        _isEnd = isEnd;
        return default;
    }

    /// <summary>More of the frame is here.</summary>
    /// <param name="input">What follows what was consumed.</param>
    /// <param name="offset">Where that is in the input of the caller.</param>
    /// <param name="used">How much of it was taken.</param>
    public Http2Event Read(ReadOnlySpan<byte> input, int offset, out int used)
    {
        used = Math.Min(_left, input.Length);
        if (used == 0 && _left > 0)
        {
            return default;
        }

        _left -= used;
        Http2Stream? stream = _dataStreamId == 0 ? null : connection.Streams.Find(_dataStreamId);
        bool isLast = _left == 0;
        IsAtEnd = isLast;
        if (stream is null)
        {
            connection.CreditConnection(used);
            return default;
        }

        stream.UncreditedBytes += used;
        if (isLast && _isEnd)
        {
            connection.EndReceiving(stream);
        }

        return new Http2Event { Kind = Http2EventKind.Data, Stream = stream, Offset = offset, Length = used, IsEnd = isLast && _isEnd };
    }

    private void Credit(Http2Stream stream, int bytes)
    {
        if (bytes == 0)
        {
            return;
        }

        connection.CreditConnection(bytes);
        int increment = stream.ReceiveWindow.Credit(bytes);
        if (increment > 0)
        {
            connection.Writer.WriteWindowUpdate(stream.Id, increment);
        }
    }
}
