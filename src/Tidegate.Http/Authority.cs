using System.Buffers;

namespace Tidegate.Http;

/// <summary>
/// Host and port as in a Host field, an <c>:authority</c> or an absolute-form target (RFC 3986 section 3.2, RFC 9110 section 7.2), read strictly:
/// no user information, no comma, no percent-encoding, no zone, a port of 1 to 5 digits up to 65535 when there is a colon.
/// </summary>
public static class Authority
{
    /// <summary>The longest host that is accepted, in bytes; a DNS name has at most 253 (spec edge, CVE-2024-32475).</summary>
    public const int MaxHostLength = 255;

    // reg-name of RFC 3986 without percent-encoding and comma.
    private static readonly SearchValues<byte> HostBytes =
        SearchValues.Create("-._~!$&'()*+;=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> Ipv6Bytes = SearchValues.Create("0123456789ABCDEFabcdef:."u8);

    /// <summary>Whether the bytes are a host with an optional port.</summary>
    public static bool IsValid(ReadOnlySpan<byte> authority) => TrySplit(authority, out _, out _);

    /// <summary>Splits a valid authority.</summary>
    /// <param name="authority">Host and optional port.</param>
    /// <param name="host">The host, with the brackets of an IPv6 address.</param>
    /// <param name="port">The port, or -1 when there is none.</param>
    /// <returns>False when it is not valid.</returns>
    public static bool TrySplit(ReadOnlySpan<byte> authority, out ReadOnlySpan<byte> host, out int port)
    {
        port = -1;
        host = default;
        if (authority.IsEmpty)
        {
            return false;
        }

        int hostEnd;
        if (authority[0] == (byte)'[')
        {
            int close = authority.IndexOf((byte)']');
            if (close < 3 || !IsIpv6(authority[1..close]))
            {
                return false;
            }

            hostEnd = close + 1;
        }
        else
        {
            int other = authority.IndexOfAnyExcept(HostBytes);
            hostEnd = other < 0 ? authority.Length : other;
        }

        if (hostEnd is 0 or > MaxHostLength)
        {
            return false;
        }

        host = authority[..hostEnd];
        return hostEnd == authority.Length || (authority[hostEnd] == (byte)':' && TryReadPort(authority[(hostEnd + 1)..], out port));
    }

    /// <summary>A valid authority without its port; anything else unchanged.</summary>
    public static ReadOnlySpan<byte> WithoutPort(ReadOnlySpan<byte> authority) =>
        TrySplit(authority, out ReadOnlySpan<byte> host, out _) ? host : authority;

    private static bool IsIpv6(ReadOnlySpan<byte> address) =>
        !address.ContainsAnyExcept(Ipv6Bytes) && address.IndexOf((byte)':') != address.LastIndexOf((byte)':') && address.Length <= 45;

    private static bool TryReadPort(ReadOnlySpan<byte> digits, out int port)
    {
        port = -1;
        if (digits.Length is 0 or > 5 || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        int value = 0;
        foreach (byte digit in digits)
        {
            value = (value * 10) + (digit - '0');
        }

        if (value > 65535)
        {
            return false;
        }

        port = value;
        return true;
    }
}
