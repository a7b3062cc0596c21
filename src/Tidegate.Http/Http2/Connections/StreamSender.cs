using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Http2.Hpack;
using Tidegate.Http.Http2.Messages;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>
/// Sends messages: heads and trailers at once, bodies as the windows, the room in the output and the turns of the other streams allow (RFC 9113 section 5.2).
/// </summary>
internal sealed class StreamSender(ConnectionState connection, HpackEncoder encoder)
{
    // What a stream sends before the next one that waits.
    private const int TurnBytes = PeerSettings.DefaultFrameSize;

    /// <summary>Sends a request.</summary>
    public void SendHead(Http2Stream stream, RequestHead head, bool isEnd)
    {
        Span<byte> block = connection.Writer.BeginBlock(HeadBlocks.MaxSize(head));
        connection.Writer.EndBlock(stream.Id, HeadBlocks.Write(encoder, head, block), isEnd);
        EndIf(isEnd, stream);
    }

    /// <summary>Sends an answer, final or interim. Gives the length of its block in bytes.</summary>
    public int SendHead(Http2Stream stream, ResponseHead head, bool isEnd)
    {
        Span<byte> block = connection.Writer.BeginBlock(HeadBlocks.MaxSize(head));
        int length = HeadBlocks.Write(encoder, head, block);
        connection.Writer.EndBlock(stream.Id, length, isEnd);
        EndIf(isEnd, stream);
        return length;
    }

    /// <summary>Ends a message with trailers, or without where none of them may be sent.</summary>
    public void SendTrailers(Http2Stream stream, HeaderMap trailers)
    {
        Span<byte> block = connection.Writer.BeginBlock(HeadBlocks.MaxSize(trailers));
        int length = HeadBlocks.Write(encoder, trailers, block);
        if (length == 0)
        {
            connection.Writer.WriteData(stream.Id, default, isEnd: true);
        }
        else
        {
            connection.Writer.EndBlock(stream.Id, length, isEnd: true);
        }

        connection.EndSending(stream);
    }

    /// <summary>Sends what may be sent of a piece of a body. Gives how many bytes that was; when it was not all, the stream waits.</summary>
    public int SendData(Http2Stream stream, ReadOnlySpan<byte> data, bool isEnd)
    {
        int sent = 0;
        while (sent < data.Length)
        {
            int allowed = Allowance(stream);
            if (allowed <= 0)
            {
                return sent;
            }

            int length = Math.Min(Math.Min(data.Length - sent, allowed), PeerSettings.DefaultFrameSize);
            connection.Writer.WriteData(stream.Id, data.Slice(sent, length), isEnd && sent + length == data.Length);
            connection.Guard.OnDataSent();
            connection.SendWindow.Take(length);
            stream.SendWindow.Take(length);
            stream.Turn -= length;
            sent += length;
        }

        if (data.IsEmpty && isEnd)
        {
            connection.Writer.WriteData(stream.Id, default, isEnd: true);
        }

        EndIf(isEnd, stream);
        return sent;
    }

    /// <summary>The next stream that waits and may send now; it is its turn. Null when there is none.</summary>
    public Http2Stream? TakeWritable()
    {
        while (Room > 0 && connection.SendWindow.Available > 0 && connection.Waiting.Take() is { } stream)
        {
            if (stream.SendWindow.Available <= 0)
            {
                stream.IsBlocked = true;
                continue;
            }

            stream.Turn = TurnBytes;
            return stream;
        }

        return null;
    }

    private int Room => connection.MaxOutputBytes - connection.Output.Length - FrameHeader.Size;

    // How many bytes it may send now; with 0 it waits: for its own window, or with the others.
    private int Allowance(Http2Stream stream)
    {
        if (stream.SendWindow.Available <= 0)
        {
            stream.IsBlocked = true;
            return 0;
        }

        bool othersWait = !connection.Waiting.IsEmpty;
        int allowed = Math.Min(Math.Min(stream.SendWindow.Available, connection.SendWindow.Available), Room);
        if (allowed > 0 && othersWait)
        {
            allowed = Math.Min(allowed, stream.Turn);
        }

        if (allowed <= 0)
        {
            connection.Waiting.Add(stream);
        }

        return allowed;
    }

    private void EndIf(bool isEnd, Http2Stream stream)
    {
        if (isEnd)
        {
            connection.EndSending(stream);
        }
    }
}
