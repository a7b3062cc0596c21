using System.Buffers;
using Tidegate.Http.Http2.Floods;
using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>What both directions of a connection read and change: streams, windows, settings, and the frames that wait to be sent.</summary>
internal sealed class ConnectionState
{
    private bool _isReleased;

    public ConnectionState(Http2Role role, Http2Limits limits, Http2Counters counters, ArrayPool<byte> pool)
    {
        Role = role;
        Limits = limits;
        Counters = counters;
        MaxOutputBytes = limits.MaxOutputBytes;
        Guard = new FloodGuard(limits);
        Output = new OutputBuffer(pool);
        Writer = new FrameWriter(Output);
        ReceiveWindow = new ReceiveWindow(ConnectionWindow);
    }

    /// <summary>Which end this is.</summary>
    public Http2Role Role { get; }

    /// <summary>The limits.</summary>
    public Http2Limits Limits { get; }

    /// <summary>What may wait to be sent before streams have to wait.</summary>
    public int MaxOutputBytes { get; set; }

    /// <summary>What is counted.</summary>
    public Http2Counters Counters { get; }

    /// <summary>What the peer's SETTINGS say.</summary>
    public PeerSettings Peer { get; } = new();

    /// <summary>What costs the peer nothing.</summary>
    public FloodGuard Guard { get; }

    /// <summary>What waits to be sent.</summary>
    public OutputBuffer Output { get; }

    /// <summary>Writes frames into it.</summary>
    public FrameWriter Writer { get; }

    /// <summary>The streams.</summary>
    public StreamTable Streams { get; } = new();

    /// <summary>Those of them that wait to send.</summary>
    public SendQueue Waiting { get; } = new();

    /// <summary>The owner's clock.</summary>
    public long NowMs { get; set; }

    /// <summary>What ends the connection when the event that is told now was told.</summary>
    public Http2Fault PendingFault { get; set; }

    /// <summary>Our SETTINGS that the peer has not acknowledged.</summary>
    public int UnacknowledgedSettings { get; set; }

    /// <summary>PINGs of ours that were not answered.</summary>
    public int UnansweredPings { get; set; }

    /// <summary>Streams of the peer above it are not served, because GOAWAY said so.</summary>
    public int LastServedId { get; set; } = int.MaxValue;

    /// <summary>Streams of ours above it were not looked at, because the peer's GOAWAY said so.</summary>
    public int LastTakenId { get; set; } = int.MaxValue;

    /// <summary>What may be sent on all streams together.</summary>
    public SendWindow SendWindow = new(PeerSettings.DefaultWindow);

    /// <summary>What may be received on all streams together.</summary>
    public ReceiveWindow ReceiveWindow;

    /// <summary>The size of our window of the connection; it can't be less than what holds before anything is said.</summary>
    public int ConnectionWindow => Math.Max(Limits.ConnectionWindowBytes, PeerSettings.DefaultWindow);

    /// <summary>What a stream that begins now may receive: a peer that has not seen our SETTINGS goes by the default.</summary>
    public int StreamWindow =>
        UnacknowledgedSettings > 0 ? Math.Max(Limits.StreamWindowBytes, PeerSettings.DefaultWindow) : Limits.StreamWindowBytes;

    /// <summary>Gives the peer room on the connection for so many bytes that nobody needs any more.</summary>
    public void CreditConnection(int bytes)
    {
        int increment = ReceiveWindow.Credit(bytes);
        if (increment > 0 && !_isReleased)
        {
            Writer.WriteWindowUpdate(0, increment);
        }
    }

    /// <summary>We have ended our half of a stream.</summary>
    public void EndSending(Http2Stream stream)
    {
        stream.EndSending();
        CloseIfEnded(stream);
    }

    /// <summary>The peer has ended its half of a stream.</summary>
    public void EndReceiving(Http2Stream stream)
    {
        stream.EndReceiving();
        CloseIfEnded(stream);
    }

    /// <summary>Resets a stream.</summary>
    public void Reset(Http2Stream stream, Http2ErrorCode code)
    {
        WriteReset(stream.Id, code);
        Close(stream, StreamEnd.Reset);
    }

    /// <summary>Says that a stream is reset.</summary>
    public void WriteReset(int streamId, Http2ErrorCode code)
    {
        Counters.TxReset++;
        Writer.WriteRstStream(streamId, code);
    }

    /// <summary>Says that the connection ends.</summary>
    public void WriteGoAway(int lastStreamId, Http2ErrorCode code)
    {
        Counters.GoawaySent++;
        Writer.WriteGoAway(lastStreamId, code);
    }

    /// <summary>The peer has begun a stream.</summary>
    public void AddPeers(Http2Stream stream)
    {
        Counters.StreamsActive++;
        Streams.AddPeers(stream);
    }

    /// <summary>We have begun a stream.</summary>
    public void AddOurs(Http2Stream stream)
    {
        Counters.StreamsActive++;
        Streams.AddOurs(stream);
    }

    /// <summary>The connection is no more, and none of its streams: nothing that their owners still say is written anywhere.</summary>
    public void Release()
    {
        foreach (Http2Stream stream in Streams.All)
        {
            stream.Close();
            Waiting.Remove(stream);
        }

        Counters.StreamsActive -= Streams.Count;
        Streams.Clear();
        _isReleased = true;
        Output.Release();
    }

    /// <summary>A stream is no more on the wire. What of its body its owner has not consumed still counts for the connection's window.</summary>
    public void Close(Http2Stream stream, StreamEnd end)
    {
        stream.Close();
        if (Streams.Remove(stream, end))
        {
            Counters.StreamsActive--;
        }

        Waiting.Remove(stream);
    }

    /// <summary>Says what we can take (RFC 9113 section 3.4): the first frame that leaves.</summary>
    public void SendSettings()
    {
        UnacknowledgedSettings++;
        if (Role == Http2Role.Server)
        {
            Writer.WriteSettings(
                (SettingId.HeaderTableSize, Limits.DecoderTableBytes),
                (SettingId.EnableConnectProtocol, Limits.AllowExtendedConnect ? 1 : 0),
                (SettingId.MaxConcurrentStreams, Limits.MaxConcurrentStreams),
                (SettingId.InitialWindowSize, Limits.StreamWindowBytes));
        }
        else
        {
            Writer.WriteSettings(
                (SettingId.HeaderTableSize, Limits.DecoderTableBytes),
                (SettingId.EnablePush, 0),
                (SettingId.InitialWindowSize, Limits.StreamWindowBytes));
        }

        if (ConnectionWindow > PeerSettings.DefaultWindow)
        {
            Writer.WriteWindowUpdate(0, ConnectionWindow - PeerSettings.DefaultWindow);
        }
    }

    /// <summary>
    /// A stream of the peer's fault: it is reset, and the connection pays for it. A server whose answers are malformed is not asked again; where nobody else
    /// waits for it the connection ends (RFC 9113 section 5.4: an error of a stream may be taken as one of the connection).
    /// </summary>
    public Http2Event FailStream(Http2Stream stream, Http2Fault fault)
    {
        if (Role == Http2Role.Client && fault is Http2Fault.InvalidHeaderField or Http2Fault.MessagingViolation && Streams.Count == 1)
        {
            return Http2Event.ConnectionFailed(fault);
        }

        Counters.Count(fault);
        Reset(stream, Http2Faults.CodeOf(fault));
        PendingFault = Guard.OnStreamError();
        return new Http2Event { Kind = Http2EventKind.StreamFailed, Stream = stream, Fault = fault };
    }

    /// <summary>A frame is ignored, and counted.</summary>
    public Http2Event Ignore(int weight = 1)
    {
        PendingFault = Guard.OnIgnoredFrame(weight);
        return default;
    }

    /// <summary>Whether a stream was not begun by the side that could begin it.</summary>
    public bool IsIdle(int streamId)
    {
        bool isOdd = (streamId & 1) != 0;
        return isOdd == (Role == Http2Role.Server) ? streamId > Streams.LastPeerId : streamId > Streams.LastLocalId;
    }

    private void CloseIfEnded(Http2Stream stream)
    {
        if (stream.State == StreamState.Closed)
        {
            Guard.OnStreamEnded();
            Close(stream, StreamEnd.Ended);
        }
    }
}
