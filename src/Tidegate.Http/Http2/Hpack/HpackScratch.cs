namespace Tidegate.Http.Http2.Hpack;

/// <summary>Room for the strings of one field while it is decoded. Decoding never waits, so all connections of a thread share one.</summary>
public sealed class HpackScratch
{
    private byte[] _name = new byte[256];
    private byte[] _value = new byte[1024];

    /// <summary>Room for a name of at most so many bytes.</summary>
    internal Span<byte> Name(int length) => Room(ref _name, length);

    /// <summary>Room for a value of at most so many bytes.</summary>
    internal Span<byte> Value(int length) => Room(ref _value, length);

    // It grows up to what the limit of a field block allows, and stays so: there is one per thread.
    private static Span<byte> Room(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new byte[length];
        }

        return buffer;
    }
}
