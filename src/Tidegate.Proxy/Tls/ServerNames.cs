using System.Buffers;

namespace Tidegate.Proxy.Tls;

/// <summary>Hosts of requests as names of servers in handshakes (RFC 6066, section 3): DNS names in ASCII, without a dot at the end, and no addresses.</summary>
internal static class ServerNames
{
    // RFC 1035, section 2.3.4.
    private const int MaxLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<byte> LabelBytes = SearchValues.Create("-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>A host as it stands in a certificate: without the dot at its end, or the brackets of an address.</summary>
    public static ReadOnlySpan<byte> WithoutMarks(ReadOnlySpan<byte> host)
    {
        if (host.IsEmpty)
        {
            return host;
        }

        return host[0] == (byte)'[' ? host.Trim("[]"u8) : host[^1] == (byte)'.' ? host[..^1] : host;
    }

    /// <summary>Whether a handshake can ask for such a host: it is a DNS name, or an address, for which no name is sent.</summary>
    /// <param name="host">Without marks.</param>
    public static bool CanAskFor(ReadOnlySpan<byte> host)
    {
        if (host.Contains((byte)':'))
        {
            return true; // an IPv6 address: nothing else that a request's host can be has a colon
        }

        if (host.Length is 0 or > MaxLength)
        {
            return false;
        }

        while (true)
        {
            int end = host.IndexOf((byte)'.');
            ReadOnlySpan<byte> label = end < 0 ? host : host[..end];
            if (label.Length is 0 or > MaxLabelLength || label.ContainsAnyExcept(LabelBytes))
            {
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            host = host[(end + 1)..];
        }
    }
}
