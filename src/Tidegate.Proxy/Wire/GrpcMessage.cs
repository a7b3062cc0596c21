using System.Buffers.Binary;

namespace Tidegate.Proxy.Wire;

/// <summary>The frame of a message of gRPC: a flag (compressed or not) and a length before it (gRPC over HTTP/2, "Length-Prefixed-Message").</summary>
internal static class GrpcMessage
{
    private const int PrefixLength = 5;

    /// <summary>A message in its frame, not compressed.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        byte[] framed = new byte[PrefixLength + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(framed.AsSpan(1), message.Length);
        message.CopyTo(framed.AsSpan(PrefixLength));
        return framed;
    }

    /// <summary>The one message that a body is; false when it is something else, or compressed.</summary>
    public static bool TryUnframe(ReadOnlyMemory<byte> body, out ReadOnlyMemory<byte> message)
    {
        ReadOnlySpan<byte> bytes = body.Span;
        bool isMessage = bytes.Length >= PrefixLength && bytes[0] == 0 && BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]) == bytes.Length - PrefixLength;
        message = isMessage ? body[PrefixLength..] : default;
        return isMessage;
    }
}
