using System.Buffers;
using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Http2.Hpack;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>
/// Takes the peer's frames apart (RFC 9113 sections 4 to 6). DATA is handed out as it comes; every other frame is looked at when it is whole. It keeps no bytes but those of a
/// field block in several frames.
/// </summary>
internal sealed class FrameReceiver
{
    private readonly ConnectionState _connection;
    private readonly MessageReceiver _messages;
    private readonly FieldBlock _block;
    private readonly DataReceiver _data;
    private readonly ControlFrames _control;
    private Step _step;

    // Step.Skip: what is left of the frame.
    private int _left;

    public FrameReceiver(ConnectionState connection, HpackEncoder encoder, Http2Scratch scratch, IHttp2StreamSource? source, ArrayPool<byte> pool)
    {
        _connection = connection;
        _messages = new MessageReceiver(connection, scratch, source);
        _block = new FieldBlock(connection.Limits, connection.Guard, pool);
        _data = new DataReceiver(connection);
        _control = new ControlFrames(connection, encoder);
        _step = connection.Role == Http2Role.Server ? Step.Preface : Step.Frame;
    }

    private enum Step : byte
    {
        /// <summary>The client's preface is awaited.</summary>
        Preface,

        /// <summary>A frame begins.</summary>
        Frame,

        /// <summary>Inside DATA.</summary>
        Data,

        /// <summary>Inside a frame that is of no interest, or inside padding.</summary>
        Skip,

        /// <summary>Nothing more is read.</summary>
        Failed,
    }

    /// <summary>Whether a field block or a frame of no interest is begun, or the preface awaited: then silence is not idleness. A body may pause.</summary>
    public bool IsInside => _block.IsOpen || _step is Step.Skip or Step.Preface;

    /// <summary>Reads on up to the next event.</summary>
    public Http2Event Next(ReadOnlySpan<byte> input, out int consumed)
    {
        consumed = 0;
        while (true)
        {
            if (_connection.PendingFault != Http2Fault.None)
            {
                return Fail();
            }

            ReadOnlySpan<byte> rest = input[consumed..];
            Http2Event result;
            int used;
            Step step = _step;
            switch (step)
            {
                case Step.Preface:
                    result = ReadPreface(rest, out used);
                    break;
                case Step.Frame:
                    result = ReadFrame(rest, out used);
                    break;
                case Step.Data:
                    result = _data.Read(rest, consumed, out used);
                    LeaveDataAtItsEnd();
                    break;
                case Step.Skip:
                    result = default;
                    used = Math.Min(_left, rest.Length);
                    _left -= used;
                    _step = _left == 0 ? Step.Frame : Step.Skip;
                    break;
                default:
                    return new Http2Event { Kind = Http2EventKind.Failed };
            }

            consumed += used;
            if (result.Kind == Http2EventKind.Failed)
            {
                _connection.PendingFault = result.Fault;
            }
            else if (result.Kind != Http2EventKind.NeedMore)
            {
                return result;
            }
            else if (used == 0 && step == _step && _connection.PendingFault == Http2Fault.None)
            {
                return default;
            }
        }
    }

    /// <summary>Gives back what is held.</summary>
    public void Release() => _block.Release();

    // RFC 9113 section 5.4.1; what is not even a preface has no right to GOAWAY (section 3.4).
    private Http2Event Fail()
    {
        Http2Fault fault = _connection.PendingFault;
        _connection.Counters.Count(fault);
        if (_step != Step.Preface)
        {
            _connection.WriteGoAway(Math.Min(_connection.Streams.LastPeerId, _connection.LastServedId), Http2Faults.CodeOf(fault));
        }

        _connection.PendingFault = Http2Fault.None;
        _step = Step.Failed;
        return Http2Event.ConnectionFailed(fault);
    }

    private Http2Event ReadPreface(ReadOnlySpan<byte> input, out int used)
    {
        ReadOnlySpan<byte> preface = FrameWriter.Preface;
        used = 0;
        int length = Math.Min(input.Length, preface.Length);
        if (!input[..length].SequenceEqual(preface[..length]))
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (length == preface.Length)
        {
            used = length;
            _step = Step.Frame;
            _connection.SendSettings();
        }

        return default;
    }

    private Http2Event ReadFrame(ReadOnlySpan<byte> input, out int used)
    {
        used = 0;
        if (input.Length < FrameHeader.Size)
        {
            return default;
        }

        // 1. What can be said of the header alone.
        FrameHeader header = FrameHeader.Read(input);
        if (header.Length > PeerSettings.DefaultFrameSize)
        {
            return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
        }

        if (!_control.SawSettings && (header.Type != FrameType.Settings || header.Has(FrameFlags.Ack)))
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        if (_block.IsOpen != (header.Type == FrameType.Continuation) || (_block.IsOpen && header.StreamId != _block.StreamId))
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        // 2. DATA need not be whole, and what is not known need not be kept.
        int needed = FrameHeader.Size + header.Length;
        if (header.Type == FrameType.Data)
        {
            int front = header.Has(FrameFlags.Padded) && header.Length > 0 ? 1 : 0;
            if (input.Length < FrameHeader.Size + front)
            {
                return default;
            }

            used = FrameHeader.Size + front;
            _step = Step.Data;
            Http2Event begun = _data.Begin(header, front == 1 ? input[FrameHeader.Size] : -1);
            LeaveDataAtItsEnd();
            return begun;
        }

        if (header.Type > FrameType.Continuation)
        {
            used = FrameHeader.Size;
            _left = header.Length;
            _step = Step.Skip;
            return _connection.Ignore();
        }

        if (input.Length < needed)
        {
            return default;
        }

        // 3. A whole frame.
        used = needed;
        ReadOnlySpan<byte> payload = input.Slice(FrameHeader.Size, header.Length);
        return header.Type switch
        {
            FrameType.Headers => TakeHeaders(header, payload),
            FrameType.Continuation => TakeContinuation(header, payload),
            FrameType.Priority => _control.TakePriority(header),
            FrameType.RstStream => _control.TakeReset(header, payload),
            FrameType.Settings => _control.TakeSettings(header, payload),
            FrameType.Ping => _control.TakePing(header, payload),
            FrameType.GoAway => _control.TakeGoAway(header, payload),
            FrameType.WindowUpdate => _control.TakeWindowUpdate(header, payload),
            _ => Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation), // PUSH_PROMISE: a client may not send it, and our SETTINGS forbid it to a server
        };
    }

    private void LeaveDataAtItsEnd()
    {
        if (_data.IsAtEnd)
        {
            _left = _data.Padding;
            _step = _left == 0 ? Step.Frame : Step.Skip;
        }
    }

    private Http2Event TakeHeaders(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        int padding = 0;
        if (header.Has(FrameFlags.Padded))
        {
            if (payload.IsEmpty)
            {
                return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
            }

            padding = payload[0];
            payload = payload[1..];
        }

        if (header.Has(FrameFlags.Priority))
        {
            if (payload.Length < ControlFrames.PrioritySize)
            {
                return Http2Event.ConnectionFailed(Http2Fault.FrameSize);
            }

            payload = payload[ControlFrames.PrioritySize..];
        }

        if (padding > payload.Length || header.StreamId == 0)
        {
            return Http2Event.ConnectionFailed(Http2Fault.ProtocolViolation);
        }

        payload = payload[..^padding];
        bool isEnd = header.Has(FrameFlags.EndStream);
        if (!header.Has(FrameFlags.EndHeaders))
        {
            _connection.PendingFault = _block.Begin(header.StreamId, isEnd, payload);
            return default;
        }

        _connection.Guard.OnFrameWithin(isEmpty: false);
        return TakeBlock(header.StreamId, isEnd, payload);
    }

    private Http2Event TakeContinuation(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        _connection.PendingFault = _block.Continue(payload);
        if (_connection.PendingFault != Http2Fault.None || !header.Has(FrameFlags.EndHeaders))
        {
            return default;
        }

        Http2Event result = TakeBlock(_block.StreamId, _block.IsEnd, _block.Bytes);
        _block.Release();
        return result;
    }

    private Http2Event TakeBlock(int streamId, bool isEnd, ReadOnlySpan<byte> block)
    {
        Http2Event result = _messages.Take(streamId, isEnd, block);
        if (result.Kind == Http2EventKind.StreamFailed)
        {
            return _connection.FailStream(result.Stream!, result.Fault);
        }

        if (result.Kind == Http2EventKind.StreamRefused && _connection.Guard.OnStreamError() != Http2Fault.None)
        {
            // Who has acknowledged the limit, and goes on to ignore it, does not speak the protocol; who resets streams faster than they can be ended floods.
            bool isOverLimit = _connection.UnacknowledgedSettings == 0 && _connection.Streams.Count >= _connection.Limits.MaxConcurrentStreams;
            _connection.PendingFault = isOverLimit ? Http2Fault.ProtocolViolation : Http2Fault.StreamErrorFlood;
        }

        return result;
    }


}
