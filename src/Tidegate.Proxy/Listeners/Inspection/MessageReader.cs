using System.Buffers.Binary;

namespace Tidegate.Proxy.Listeners.Inspection;

/// <summary>Takes numbers and vectors, as TLS writes them (RFC 8446, section 3), off the front of some bytes; false when they are too short.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool IsAtEnd => _rest.IsEmpty;

    /// <summary>Passes over some bytes.</summary>
    public bool TrySkip(int count) => TryTake(count, out _);

    /// <summary>A number of one byte.</summary>
    public bool TryNumber8(out int number)
    {
        bool isThere = TryTake(1, out ReadOnlySpan<byte> bytes);
        number = isThere ? bytes[0] : 0;
        return isThere;
    }

    /// <summary>A number of two bytes.</summary>
    public bool TryNumber16(out int number)
    {
        bool isThere = TryTake(2, out ReadOnlySpan<byte> bytes);
        number = isThere ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : 0;
        return isThere;
    }

    /// <summary>A vector whose length is in one byte.</summary>
    public bool TryVector8(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryNumber8(out int length) && TryTake(length, out vector);
    }

    /// <summary>A vector whose length is in two bytes.</summary>
    public bool TryVector16(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryNumber16(out int length) && TryTake(length, out vector);
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bool isThere = count <= _rest.Length;
        bytes = isThere ? _rest[..count] : default;
        _rest = isThere ? _rest[count..] : _rest;
        return isThere;
    }
}
