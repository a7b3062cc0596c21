using System.Buffers.Binary;
using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Http2.Hpack;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>What the peer says about the connection and about streams, besides messages (RFC 9113 section 6): each frame is whole.</summary>
internal sealed class ControlFrames(ConnectionState connection, HpackEncoder encoder)
{
    /// <summary>Bytes of a priority, in its own frame and in HEADERS.</summary>
    public const int PrioritySize = 5;

    private const int SettingSize = 6;

    // A change of settings may cost as much as a visit to every stream.
    private const int SettingsWeight = 10;

    private bool _sawGoAway;

    /// <summary>Whether the peer has said its SETTINGS, with which it has to begin.</summary>
    public bool SawSettings { get; private set; }

    /// <summary>A PRIORITY frame: priorities are obsolete (RFC 9113 section 5.3.2), so it is checked, counted and ignored.</summary>
    public Http2Event TakePriority(FrameHeader header)
    {
        if (header.StreamId == 0)
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (header.Length != PrioritySize)
        {
            return connection.Streams.Find(header.StreamId) is { } stream ? connection.FailStream(stream, Http2Fault.FrameSize) : Http2Event.ConnectionFailed(Http2Fault.FrameSize);
        }

        connection.PendingFault = connection.Guard.OnPriority();
        return default;
    }

    /// <summary>A RST_STREAM frame (RFC 9113 section 6.4).</summary>
    public Http2Event TakeReset(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        const int CodeSize = 4;
        if (header.Length != CodeSize)
        {
            return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
        }

        if (header.StreamId == 0 || connection.IsIdle(header.StreamId))
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (connection.Streams.Find(header.StreamId) is not { } stream)
        {
            return connection.Ignore();
        }

        connection.Counters.RxReset++;
        bool isAnswered = !stream.CanSend;
        connection.Close(stream, StreamEnd.Reset);
        if (connection.Role == Http2Role.Server && !isAnswered)
        {
            connection.PendingFault = connection.Guard.OnPeerReset(connection.NowMs - stream.StartMs);
        }

        return new Http2Event { Kind = Http2EventKind.Reset, Stream = stream, Code = (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload) };
    }

    /// <summary>A SETTINGS frame (RFC 9113 section 6.5).</summary>
    public Http2Event TakeSettings(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.StreamId != 0)
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (header.Has(FrameFlags.Ack))
        {
            if (header.Length != 0)
            {
                return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
            }

            if (connection.UnacknowledgedSettings == 0)
            {
                return connection.Ignore();
            }

            connection.UnacknowledgedSettings--;
            return default;
        }

        if (header.Length % SettingSize != 0)
        {
            return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
        }

        for (; !payload.IsEmpty; payload = payload[SettingSize..])
        {
            Http2Fault fault = Apply((SettingId)BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
            if (fault != Http2Fault.None)
            {
                return Http2Event.ConnectionFailed(fault);
            }
        }

        if (SawSettings)
        {
            connection.Ignore(SettingsWeight);
        }

        SawSettings = true;
        connection.Writer.WriteSettingsAck();
        Http2Fault flood = connection.Guard.OnControlFrame(connection.NowMs);
        connection.PendingFault = flood != Http2Fault.None ? flood : connection.PendingFault;
        return new Http2Event { Kind = Http2EventKind.Settings };
    }

    private Http2Fault Apply(SettingId id, uint value)
    {
        PeerSettings peer = connection.Peer;
        int windowBefore = peer.InitialWindowSize;
        Http2Fault fault = peer.Apply(id, value, isServer: connection.Role == Http2Role.Client);
        if (id == SettingId.HeaderTableSize)
        {
            encoder.OnPeerLimit(peer.HeaderTableSize);
        }

        if (id != SettingId.InitialWindowSize || fault != Http2Fault.None || windowBefore == peer.InitialWindowSize)
        {
            return fault;
        }

        // It changes the windows of all streams as well (RFC 9113 section 6.9.2).
        foreach (Http2Stream stream in connection.Streams.All)
        {
            if (!stream.SendWindow.TryChange(peer.InitialWindowSize - windowBefore))
            {
                return Http2Fault.FlowControl;
            }

            WakeIfOpen(stream);
        }

        return Http2Fault.None;
    }

    /// <summary>A PING frame (RFC 9113 section 6.7).</summary>
    public Http2Event TakePing(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        const int PingSize = 8;
        if (header.StreamId != 0)
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (header.Length != PingSize)
        {
            return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
        }

        if (!header.Has(FrameFlags.Ack))
        {
            connection.Writer.WritePing(payload, isAck: true);
            connection.PendingFault = connection.Guard.OnControlFrame(connection.NowMs);
            return default;
        }

        if (connection.UnansweredPings == 0)
        {
            return connection.Ignore();
        }

        connection.UnansweredPings--;
        return new Http2Event { Kind = Http2EventKind.Pong };
    }

    /// <summary>A GOAWAY frame (RFC 9113 section 6.8).</summary>
    public Http2Event TakeGoAway(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        const int MinSize = 8;
        if (header.StreamId != 0)
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (header.Length < MinSize)
        {
            return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
        }

        if (_sawGoAway)
        {
            connection.Ignore();
        }

        _sawGoAway = true;
        int last = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        connection.LastTakenId = Math.Min(connection.LastTakenId, last);
        return new Http2Event { Kind = Http2EventKind.GoAway, LastStreamId = last, Code = (Http2ErrorCode)BinaryPrimitives.ReadUInt32BigEndian(payload[4..]) };
    }

    /// <summary>A WINDOW_UPDATE frame (RFC 9113 section 6.9).</summary>
    public Http2Event TakeWindowUpdate(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        const int IncrementSize = 4;
        if (header.Length != IncrementSize)
        {
            return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
        }

        connection.PendingFault = connection.Guard.OnWindowUpdate();
        int increment = BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
        if (header.StreamId == 0)
        {
            return increment == 0 ? Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation)
                : connection.SendWindow.TryChange(increment) ? default
                : Http2Event.ConnectionFailed(Http2Fault.FlowControl);
        }

        if (connection.IsIdle(header.StreamId))
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (connection.Streams.Find(header.StreamId) is not { } stream)
        {
            return connection.PendingFault == Http2Fault.None ? connection.Ignore() : default;
        }

        if (increment == 0 || !stream.SendWindow.TryChange(increment))
        {
            return connection.FailStream(stream, increment == 0 ? Http2Fault.ProtocolViolation : Http2Fault.FlowControl);
        }

        WakeIfOpen(stream);
        return default;
    }

    // One that waited for its own window waits for its turn from now on.
    private void WakeIfOpen(Http2Stream stream)
    {
        if (stream.IsBlocked && stream.SendWindow.Available > 0)
        {
            stream.IsBlocked = false;
            connection.Waiting.Add(stream);
        }
    }
}
