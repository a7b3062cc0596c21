using System.Buffers;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Http2.Messages;

/// <summary>What names and values may be made of (RFC 9113 section 8.2), and which fields belong to a connection of HTTP/1.1 and are malformed here (section 8.2.2).</summary>
internal static class FieldSyntax
{
    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"u8);

    private static readonly KnownHeaderSet ConnectionSpecific = KnownHeaderSet.Of(
        KnownHeader.Connection, KnownHeader.KeepAlive, KnownHeader.ProxyConnection, KnownHeader.TransferEncoding, KnownHeader.Upgrade);

    /// <summary>Whether it is a token without upper-case letters.</summary>
    public static bool IsName(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(NameBytes);

    /// <summary>Whether it has no control character but the tab, and no blank in front or behind.</summary>
    public static bool IsValue(ReadOnlySpan<byte> value) =>
        value.IsEmpty || (!IsBlank(value[0]) && !IsBlank(value[^1]) && HttpTokens.IsFieldValue(value));

    /// <summary>Whether the field may not be there at all; <c>te</c> is looked at apart.</summary>
    public static bool IsConnectionSpecific(KnownHeader known) => ConnectionSpecific.Contains(known);

    /// <summary>Reads Content-Length: digits only; zeros in front are tolerated, because what we send is our own number.</summary>
    public static bool TryReadLength(ReadOnlySpan<byte> digits, out long length)
    {
        length = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        digits = digits.TrimStart((byte)'0');
        if (digits.Length > 19)
        {
            return false;
        }

        // 19 digits are below 2^64.
        ulong value = 0;
        foreach (byte digit in digits)
        {
            value = (value * 10) + (ulong)(digit - '0');
        }

        length = (long)value;
        return value <= long.MaxValue;
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t';
}
