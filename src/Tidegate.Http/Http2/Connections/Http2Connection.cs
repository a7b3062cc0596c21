using System.Buffers;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;
using Tidegate.Http.Http2.Messages;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>
/// One end of an HTTP/2 connection (RFC 9113), without socket and clock: bytes of the peer go in and come out as events, one by one; what is to be sent gathers in one buffer, which its owner
/// sends when it has done all that there was to do. What a peer does wrong is a value (<see cref="Http2Fault"/>): on a stream it has been answered when it is told, on the connection it
/// is the last event. Invariant: what it holds is bounded by its limits, whatever the peer does, as long as its owner stops reading while <see cref="IsOutputFull"/>.
/// </summary>
public sealed class Http2Connection
{
    private readonly ConnectionState _state;
    private readonly FrameReceiver _receiver;
    private readonly StreamSender _sender;

    /// <summary>Makes one.</summary>
    /// <param name="role">Which end this is.</param>
    /// <param name="limits">Limits and choices; may be shared.</param>
    /// <param name="scratch">Shared with other connections of the thread.</param>
    /// <param name="pool">Where buffers come from.</param>
    /// <param name="source">Where a server gets streams; a client brings its own.</param>
    /// <param name="counters">What it counts in, shared with others of the thread; null for its own.</param>
    public Http2Connection(
        Http2Role role, Http2Limits limits, Http2Scratch scratch, ArrayPool<byte> pool, IHttp2StreamSource? source = null, Http2Counters? counters = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(scratch);
        if (role == Http2Role.Server)
        {
            ArgumentNullException.ThrowIfNull(source);
        }

        _state = new ConnectionState(role, limits, counters ?? new Http2Counters(), pool);
        HpackEncoder encoder = new(limits.EncoderTableBytes);
        _receiver = new FrameReceiver(_state, encoder, scratch, source, pool);
        _sender = new StreamSender(_state, encoder);
        if (role == Http2Role.Client)
        {
            _state.Writer.WritePreface();
            _state.SendSettings();
        }
    }

    /// <summary>The time on any clock that only goes forward, in milliseconds; its owner sets it before <see cref="Next"/>.</summary>
    public long NowMs
    {
        get => _state.NowMs;
        set => _state.NowMs = value;
    }

    /// <summary>What it counts in.</summary>
    public Http2Counters Counters => _state.Counters;

    /// <summary>How many streams are open.</summary>
    public int StreamCount => _state.Streams.Count;

    /// <summary>The highest number of a stream that the peer has begun.</summary>
    public int LastPeerStreamId => _state.Streams.LastPeerId;

    /// <summary>Whether the peer is in the middle of something: then silence is not idleness.</summary>
    public bool IsInsideFrame => _receiver.IsInside;

    /// <summary>Whether the peer has acknowledged all our SETTINGS.</summary>
    public bool AreSettingsAcknowledged => _state.UnacknowledgedSettings == 0;

    /// <summary>Whether a PING of ours is not answered yet.</summary>
    public bool IsPingUnanswered => _state.UnansweredPings > 0;

    /// <summary>Whether there is something to send and no send is under way.</summary>
    public bool HasOutput => _state.Output.IsReady;

    /// <summary>How many bytes wait to be sent.</summary>
    public int OutputBytes => _state.Output.Length;

    /// <summary>How many bytes of bodies were received and not credited.</summary>
    public int HeldInputBytes => _state.ReceiveWindow.Held;

    /// <summary>What may wait to be sent, in bytes, before streams have to wait: as the limits say, or less for a while.</summary>
    public int MaxOutputBytes
    {
        get => _state.MaxOutputBytes;
        set => _state.MaxOutputBytes = Math.Min(value, _state.Limits.MaxOutputBytes);
    }

    /// <summary>Whether so much waits to be sent that nothing more should be read.</summary>
    public bool IsOutputFull => _state.Output.Length >= _state.MaxOutputBytes;

    /// <summary>A client: whether a request can be sent now.</summary>
    public bool CanOpenStream =>
        _state.Streams.HeldCount < MaxStreamCount && _state.LastTakenId == int.MaxValue && _state.Streams.LastLocalId < int.MaxValue;

    /// <summary>A client: how many requests the server takes at once, as far as is known; never more than our own limit.</summary>
    public int MaxStreamCount => Math.Min(_state.Peer.MaxConcurrentStreams, _state.Limits.MaxConcurrentStreams);

    /// <summary>A client: whether the server takes extended CONNECT (RFC 8441 section 3).</summary>
    public bool PeerAllowsExtendedConnect => _state.Peer.AllowsExtendedConnect;

    /// <summary>Whether the peer takes a head of this size, as far as it has said (SETTINGS_MAX_HEADER_LIST_SIZE, RFC 9113 section 6.5.2): what it does with a larger one it decides, down to the end of the connection.</summary>
    public bool PeerTakes(RequestHead head) =>
        _state.Peer.MaxHeaderListSize == long.MaxValue || HeadBlocks.ListSize(head) <= _state.Peer.MaxHeaderListSize;

    /// <summary>The same of trailers.</summary>
    public bool PeerTakes(HeaderMap trailers) =>
        _state.Peer.MaxHeaderListSize == long.MaxValue || HeadBlocks.ListSize(trailers) <= _state.Peer.MaxHeaderListSize;

    /// <summary>Reads on up to the next event.</summary>
    /// <param name="input">What was not consumed by the last call, and more.</param>
    /// <param name="consumed">How many bytes the caller is to drop; those of <see cref="Http2EventKind.Data"/> are among them.</param>
    public Http2Event Next(ReadOnlySpan<byte> input, out int consumed) => _receiver.Next(input, out consumed);

    /// <summary>Sends a final answer's head.</summary>
    /// <param name="stream">The request's stream.</param>
    /// <param name="head">What to send.</param>
    /// <param name="isEnd">Whether neither body nor trailers follow.</param>
    /// <returns>The length of the head as sent, in bytes; 0 when the stream is closed already.</returns>
    public int SendHead(Http2Stream stream, ResponseHead head, bool isEnd) => CanSend(stream) ? _sender.SendHead(stream, head, isEnd) : 0;

    /// <summary>Sends an interim answer.</summary>
    public void SendInterim(Http2Stream stream, ResponseHead head)
    {
        if (CanSend(stream))
        {
            _sender.SendHead(stream, head, isEnd: false);
        }
    }

    /// <summary>Begins a stream with a request; <see cref="CanOpenStream"/> must be true.</summary>
    /// <param name="stream">In no other use; it belongs to the connection until it is released.</param>
    /// <param name="head">What to send; with a scheme.</param>
    /// <param name="isEnd">Whether neither body nor trailers follow.</param>
    public void SendRequest(Http2Stream stream, RequestHead head, bool isEnd)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(head);
        int id = _state.Streams.LastLocalId == 0 ? 1 : _state.Streams.LastLocalId + 2;
        stream.Open(id, _state.Peer.InitialWindowSize, _state.StreamWindow, _state.NowMs);
        stream.IsForHead = head.Method == KnownMethod.Head;
        _state.AddOurs(stream);
        _sender.SendHead(stream, head, isEnd);
    }

    /// <summary>
    /// Sends what may be sent of a piece of a body. When that is not all, the stream waits until <see cref="TakeWritable"/> gives it, and the rest is to be offered again.
    /// </summary>
    /// <returns>How many bytes were taken; all of them when the stream is closed already.</returns>
    public int SendData(Http2Stream stream, ReadOnlySpan<byte> data, bool isEnd) => CanSend(stream) ? _sender.SendData(stream, data, isEnd) : data.Length;

    /// <summary>Ends a message with trailers.</summary>
    public void SendTrailers(Http2Stream stream, HeaderMap trailers)
    {
        if (CanSend(stream))
        {
            _sender.SendTrailers(stream, trailers);
        }
    }

    /// <summary>The next stream that waits and may send now; null when there is none.</summary>
    public Http2Stream? TakeWritable() => _sender.TakeWritable();

    /// <summary>Resets a stream; without effect when it is closed already.</summary>
    public void Reset(Http2Stream stream, Http2ErrorCode code)
    {
        if (IsOpen(stream))
        {
            _state.Reset(stream, code);
        }
    }

    /// <summary>So many bytes of a stream's body were consumed: the peer may send as many more. Also to be said of a stream that is closed, for the sake of the connection.</summary>
    public void Credit(Http2Stream stream, int bytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, stream.UncreditedBytes);
        stream.UncreditedBytes -= bytes;
        _state.CreditConnection(bytes);
        int increment = stream.CanReceive ? stream.ReceiveWindow.Credit(bytes) : 0;
        if (increment > 0)
        {
            _state.Writer.WriteWindowUpdate(stream.Id, increment);
        }
    }

    /// <summary>
    /// Its owner is done with a stream: what it had to do for it has ended, and the stream can be used again, also by another connection. To be called for every stream, also one
    /// that failed before it was announced, and also when the connection is no more. One that is still open, because its connection ends, is closed without a word.
    /// </summary>
    public void Release(Http2Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (IsOpen(stream))
        {
            _state.Close(stream, StreamEnd.Reset);
        }

        Credit(stream, stream.UncreditedBytes);
        _state.Streams.Release(stream);
    }

    /// <summary>Asks whether the peer lives.</summary>
    public void SendPing(ReadOnlySpan<byte> data)
    {
        _state.UnansweredPings++;
        _state.Writer.WritePing(data, isAck: false);
    }

    /// <summary>Says that the connection will end soon, and still serves what comes (RFC 9113 section 6.8).</summary>
    public void BeginDrain() => _state.WriteGoAway(int.MaxValue, Http2ErrorCode.NoError);

    /// <summary>Says that no stream is served but those that were begun by now.</summary>
    public void EndDrain() => GoAway(Http2ErrorCode.NoError);

    /// <summary>Gives the connection up: no stream is served but those that were begun by now, if any.</summary>
    public void GoAway(Http2ErrorCode code)
    {
        _state.LastServedId = Math.Min(_state.LastServedId, _state.Streams.LastPeerId);
        _state.WriteGoAway(_state.LastServedId, code);
    }

    /// <summary>Copies the streams that are open, so that something can be done to each.</summary>
    public void CopyStreams(List<Http2Stream> streams)
    {
        ArgumentNullException.ThrowIfNull(streams);
        streams.AddRange(_state.Streams.All);
    }

    /// <summary>Takes all that waits to be sent; the bytes stay where they are until <see cref="EndSend"/>.</summary>
    public ReadOnlyMemory<byte> BeginSend() => _state.Output.BeginSend();

    /// <summary>What was taken has been sent.</summary>
    public void EndSend()
    {
        _state.Output.EndSend();
        _state.Guard.OnSent();
    }

    /// <summary>The connection is no more: gives back what it holds.</summary>
    public void Release()
    {
        _state.Release();
        _receiver.Release();
    }

    private bool IsOpen(Http2Stream stream) => ReferenceEquals(_state.Streams.Find(stream.Id), stream);

    private bool CanSend(Http2Stream stream) => stream.CanSend && IsOpen(stream);
}
