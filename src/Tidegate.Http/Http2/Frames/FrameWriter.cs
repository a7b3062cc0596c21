using System.Buffers.Binary;

namespace Tidegate.Http.Http2.Frames;

/// <summary>Writes frames into the output (RFC 9113 section 6). It knows lengths and layouts, and nothing of streams.</summary>
internal sealed class FrameWriter(OutputBuffer output)
{
    /// <summary>What the client says first (RFC 9113 section 3.4).</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Writes the client's preface; SETTINGS have to follow.</summary>
    public void WritePreface()
    {
        Preface.CopyTo(output.Reserve(Preface.Length));
        output.Commit(Preface.Length);
    }

    /// <summary>Writes SETTINGS.</summary>
    public void WriteSettings(params ReadOnlySpan<(SettingId Id, int Value)> settings)
    {
        const int SettingSize = 6;
        Span<byte> payload = Begin(FrameType.Settings, FrameFlags.None, 0, settings.Length * SettingSize);
        foreach ((SettingId id, int value) in settings)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)id);
            BinaryPrimitives.WriteInt32BigEndian(payload[2..], value);
            payload = payload[SettingSize..];
        }
    }

    /// <summary>Acknowledges the peer's SETTINGS.</summary>
    public void WriteSettingsAck() => Begin(FrameType.Settings, FrameFlags.Ack, 0, 0);

    /// <summary>Writes PING, or answers one with the same eight bytes.</summary>
    public void WritePing(ReadOnlySpan<byte> data, bool isAck) => data[..8].CopyTo(Begin(FrameType.Ping, isAck ? FrameFlags.Ack : FrameFlags.None, 0, 8));

    /// <summary>Writes GOAWAY.</summary>
    public void WriteGoAway(int lastStreamId, Http2ErrorCode code)
    {
        Span<byte> payload = Begin(FrameType.GoAway, FrameFlags.None, 0, 8);
        BinaryPrimitives.WriteInt32BigEndian(payload, lastStreamId);
        BinaryPrimitives.WriteUInt32BigEndian(payload[4..], (uint)code);
    }

    /// <summary>Writes RST_STREAM.</summary>
    public void WriteRstStream(int streamId, Http2ErrorCode code) =>
        BinaryPrimitives.WriteUInt32BigEndian(Begin(FrameType.RstStream, FrameFlags.None, streamId, 4), (uint)code);

    /// <summary>Writes WINDOW_UPDATE.</summary>
    public void WriteWindowUpdate(int streamId, int increment) =>
        BinaryPrimitives.WriteInt32BigEndian(Begin(FrameType.WindowUpdate, FrameFlags.None, streamId, 4), increment);

    /// <summary>Writes DATA; the caller has seen to the windows and to the length of a frame.</summary>
    public void WriteData(int streamId, ReadOnlySpan<byte> data, bool isEnd) =>
        data.CopyTo(Begin(FrameType.Data, isEnd ? FrameFlags.EndStream : FrameFlags.None, streamId, data.Length));

    /// <summary>Room for a field block of at most so many bytes, behind a frame header.</summary>
    public Span<byte> BeginBlock(int maxLength) => output.Reserve(maxLength + RoomForHeaders(maxLength))[FrameHeader.Size..];

    /// <summary>Makes the block that was written into that room HEADERS, and CONTINUATION where it is longer than a frame.</summary>
    public void EndBlock(int streamId, int length, bool isEnd)
    {
        const int FrameSize = PeerSettings.DefaultFrameSize;
        FrameFlags endStream = isEnd ? FrameFlags.EndStream : FrameFlags.None;
        int frames = Math.Max(1, (length + FrameSize - 1) / FrameSize);
        Span<byte> bytes = output.Reserve(length + (frames * FrameHeader.Size));

        // From the last one on, because each moves back to make room for the headers in front of it.
        for (int i = frames - 1; i >= 0; i--)
        {
            int start = i * FrameSize;
            int size = Math.Min(FrameSize, length - start);
            int at = i * (FrameSize + FrameHeader.Size);
            if (i > 0)
            {
                bytes.Slice(start + FrameHeader.Size, size).CopyTo(bytes[(at + FrameHeader.Size)..]);
            }

            FrameFlags flags = (i == 0 ? endStream : FrameFlags.None) | (i == frames - 1 ? FrameFlags.EndHeaders : FrameFlags.None);
            new FrameHeader(size, i == 0 ? FrameType.Headers : FrameType.Continuation, flags, streamId).Write(bytes[at..]);
        }

        output.Commit(length + (frames * FrameHeader.Size));
    }

    private static int RoomForHeaders(int length) => ((length / PeerSettings.DefaultFrameSize) + 1) * FrameHeader.Size;

    private Span<byte> Begin(FrameType type, FrameFlags flags, int streamId, int length)
    {
        Span<byte> frame = output.Reserve(FrameHeader.Size + length);
        new FrameHeader(length, type, flags, streamId).Write(frame);
        output.Commit(frame.Length);
        return frame[FrameHeader.Size..];
    }
}
