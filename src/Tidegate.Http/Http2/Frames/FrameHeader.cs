using System.Buffers.Binary;

namespace Tidegate.Http.Http2.Frames;

/// <summary>The nine bytes in front of every frame (RFC 9113 section 4.1).</summary>
/// <param name="Length">Bytes of the payload.</param>
/// <param name="Type">The type; may be one that is not known.</param>
/// <param name="Flags">The flags; unknown ones are to be ignored.</param>
/// <param name="StreamId">The stream, without the reserved bit; 0 is the connection.</param>
public readonly record struct FrameHeader(int Length, FrameType Type, FrameFlags Flags, int StreamId)
{
    /// <summary>Bytes of a frame header.</summary>
    public const int Size = 9;

    /// <summary>Whether a flag is set.</summary>
    public bool Has(FrameFlags flag) => (Flags & flag) != 0;

    /// <summary>Reads a header of at least <see cref="Size"/> bytes.</summary>
    public static FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (bytes[0] << 16) | (bytes[1] << 8) | bytes[2],
        (FrameType)bytes[3],
        (FrameFlags)bytes[4],
        BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue);

    /// <summary>Writes it.</summary>
    public void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)(Length >> 16);
        bytes[1] = (byte)(Length >> 8);
        bytes[2] = (byte)Length;
        bytes[3] = (byte)Type;
        bytes[4] = (byte)Flags;
        BinaryPrimitives.WriteInt32BigEndian(bytes[5..], StreamId);
    }
}
