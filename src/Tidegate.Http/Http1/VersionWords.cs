using System.Buffers.Binary;

namespace Tidegate.Http.Http1;

/// <summary>The eight bytes of an HTTP version as one word in the machine's byte order.</summary>
internal static class VersionWords
{
    public static readonly ulong Http10 = Of("HTTP/1.0"u8);
    public static readonly ulong Http11 = Of("HTTP/1.1"u8);

    /// <summary>Whether it is <c>HTTP/</c>, digit, dot, digit (RFC 9112 section 2.3).</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> version) =>
        version.Length == 8 && version.StartsWith("HTTP/"u8) && IsDigit(version[5]) && version[6] == (byte)'.' && IsDigit(version[7]);

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static ulong Of(ReadOnlySpan<byte> version) =>
        BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt64LittleEndian(version) : BinaryPrimitives.ReadUInt64BigEndian(version);
}
