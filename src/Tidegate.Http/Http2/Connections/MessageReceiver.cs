using Tidegate.Http.Http2.Hpack;
using Tidegate.Http.Http2.Messages;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>
/// What a whole field block means: a request, an answer or trailers (RFC 9113 section 8.1). Every block is decoded, also that of a stream which nobody wants, because
/// the decoder's table is the connection's.
/// </summary>
internal sealed class MessageReceiver(ConnectionState connection, Http2Scratch scratch, IHttp2StreamSource? source)
{
    private readonly HpackDecoder _decoder = new(connection.Limits.DecoderTableBytes, scratch.Hpack);

    /// <summary>Takes a block.</summary>
    /// <param name="streamId">Its stream.</param>
    /// <param name="isEnd">Whether the peer's half of the stream ends with it.</param>
    /// <param name="block">The whole block.</param>
    /// <returns>The event; of kind <see cref="Http2EventKind.NeedMore"/> when nothing comes of it; one with a fault and without a stream concerns the connection.</returns>
    public Http2Event Take(int streamId, bool isEnd, ReadOnlySpan<byte> block)
    {
        Http2Stream? stream = connection.Streams.Find(streamId);
        return stream is null
            ? connection.Role == Http2Role.Server ? TakeUnknownOfClient(streamId, isEnd, block) : TakeUnknownOfServer(streamId, block)
            : !stream.CanReceive ? Ignore(block, Failed(stream, Http2Fault.StreamClosed))
            : connection.Role == Http2Role.Client && !stream.HasHead ? TakeResponse(stream, isEnd, block)
            : isEnd ? TakeTrailers(stream, block)
            : Ignore(block, Failed(stream, Http2Fault.MessagingViolation));
    }

    private static Http2Event Failed(Http2Stream stream, Http2Fault fault) => new() { Kind = Http2EventKind.StreamFailed, Stream = stream, Fault = fault };

    private Http2Event TakeUnknownOfClient(int streamId, bool isEnd, ReadOnlySpan<byte> block)
    {
        StreamTable streams = connection.Streams;
        if ((streamId & 1) == 0)
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        // 1. One that was there: what follows a reset was on its way already; what follows an end, or goes backwards, is wrong (RFC 9113 section 5.1.1).
        if (streamId <= streams.LastPeerId)
        {
            return streams.EndOf(streamId) switch
            {
                StreamEnd.Reset => IgnoreLate(block),
                StreamEnd.Ended => Http2Event.ConnectionFailed(Http2Fault.StreamClosed),
                _ => Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation),
            };
        }

        // 2. One that is not served.
        connection.Guard.OnStream();
        if (streamId > connection.LastServedId)
        {
            streams.AddRefused(streamId);
            return IgnoreLate(block);
        }

        if (streams.HeldCount >= connection.Limits.MaxConcurrentStreams)
        {
            streams.AddRefused(streamId);
            connection.Counters.StreamRefusedErrors++;
            connection.WriteReset(streamId, Http2ErrorCode.RefusedStream);
            return Ignore(block, new Http2Event { Kind = Http2EventKind.StreamRefused, Fault = Http2Fault.TooManyStreams });
        }

        // 3. A request.
        Http2Stream stream = source!.Rent();
        stream.Open(streamId, connection.Peer.InitialWindowSize, connection.StreamWindow, connection.NowMs);
        connection.AddPeers(stream);
        RequestFields fields = new(stream.Request, connection.Limits, scratch.Cookies);
        if (_decoder.Decode(block, ref fields) != HpackError.None)
        {
            return Http2Event.ConnectionFailed(Http2Fault.Compression);
        }

        Http2Fault fault = fields.Finish(isEnd);
        connection.Counters.DroppedHeadersWithUnderscores += fields.DroppedCount;
        if (fault != Http2Fault.None && !Http2Faults.IsTooLarge(fault))
        {
            return Failed(stream, fault);
        }

        connection.Counters.Count(fault);

        stream.HasHead = true;
        stream.IsAnnounced = true;
        if (isEnd)
        {
            connection.EndReceiving(stream);
        }
        else if (fault == Http2Fault.None)
        {
            stream.Expect(stream.Request.ContentLength);
        }

        return new Http2Event { Kind = fault == Http2Fault.None ? Http2EventKind.Head : Http2EventKind.HeadTooLarge, Stream = stream, IsEnd = isEnd, Fault = fault };
    }

    private Http2Event TakeUnknownOfServer(int streamId, ReadOnlySpan<byte> block) =>
        (streamId & 1) == 0 || streamId > connection.Streams.LastLocalId ? Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation) : IgnoreLate(block);

    private Http2Event TakeResponse(Http2Stream stream, bool isEnd, ReadOnlySpan<byte> block)
    {
        ResponseFields fields = new(stream.Response, connection.Limits);
        if (_decoder.Decode(block, ref fields) != HpackError.None)
        {
            return Http2Event.ConnectionFailed(Http2Fault.Compression);
        }

        Http2Fault fault = fields.Finish(isEnd, stream.IsForHead);
        if (fault != Http2Fault.None)
        {
            return Failed(stream, fault);
        }

        if (stream.Response.IsInterim)
        {
            return new Http2Event { Kind = Http2EventKind.Interim, Stream = stream };
        }

        stream.HasHead = true;
        stream.IsAnnounced = true;
        if (isEnd)
        {
            connection.EndReceiving(stream);
        }
        else
        {
            stream.Expect(stream.Response.Framing == MessageFraming.None ? 0 : stream.Response.ContentLength);
        }

        return new Http2Event { Kind = Http2EventKind.Head, Stream = stream, IsEnd = isEnd };
    }

    private Http2Event TakeTrailers(Http2Stream stream, ReadOnlySpan<byte> block)
    {
        TrailerSection section = new(stream.PeerTrailers, connection.Limits, connection.Role == Http2Role.Server);
        if (_decoder.Decode(block, ref section) != HpackError.None)
        {
            return Http2Event.ConnectionFailed(Http2Fault.Compression);
        }

        Http2Fault fault = section.Fault != Http2Fault.None ? section.Fault : stream.IsBodyWhole ? Http2Fault.None : Http2Fault.ContentLengthMismatch;
        if (fault != Http2Fault.None)
        {
            return Failed(stream, fault);
        }

        connection.Counters.Trailers += connection.Role == Http2Role.Server ? 1 : 0;
        connection.EndReceiving(stream);
        return new Http2Event { Kind = Http2EventKind.Trailers, Stream = stream, IsEnd = true };
    }

    private Http2Event IgnoreLate(ReadOnlySpan<byte> block)
    {
        Http2Fault fault = connection.Guard.OnIgnoredFrame();
        return fault == Http2Fault.None ? Ignore(block, default) : Http2Event.ConnectionFailed(fault);
    }

    private Http2Event Ignore(ReadOnlySpan<byte> block, Http2Event then)
    {
        IgnoredFields fields = default;
        return _decoder.Decode(block, ref fields) == HpackError.None ? then : Http2Event.ConnectionFailed(Http2Fault.Compression);
    }
}
