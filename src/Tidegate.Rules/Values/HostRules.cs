using System.Buffers;
using System.Globalization;

namespace Tidegate.Rules.Values;

/// <summary>What a host may be, where requests are sent with it and where they are matched by it. Each check gives null, or what is wrong.</summary>
public static class HostRules
{
    private const int MaxHostLength = 255;
    private const int MaxPortDigits = 5;

    // reg-name of RFC 3986, section 3.2.2, without percent-encoding and comma: what the gateway takes of clients as well.
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("-._~!$&'()*+;=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> Ipv6Characters = SearchValues.Create("0123456789ABCDEFabcdef:.");

    /// <summary>A host, perhaps with a port, as it stands in a request.</summary>
    public static string? CheckAuthority(string authority)
    {
        int hostEnd = authority.Length;
        if (authority.StartsWith('['))
        {
            int close = authority.IndexOf(']');
            ReadOnlySpan<char> address = close < 0 ? default : authority.AsSpan(1..close);
            bool isAddress = address.Length is >= 2 and <= 45 && !address.ContainsAnyExcept(Ipv6Characters) && address.IndexOf(':') != address.LastIndexOf(':');
            hostEnd = isAddress ? close + 1 : 0;
        }
        else if (authority.AsSpan().IndexOfAnyExcept(HostCharacters) is >= 0 and var other)
        {
            hostEnd = other;
        }

        bool isRight = hostEnd is > 0 and <= MaxHostLength && (hostEnd == authority.Length || (authority[hostEnd] == ':' && IsPort(authority.AsSpan(hostEnd + 1))));
        return isRight ? null : $"\"{authority}\" is no host, or host and port";
    }

    /// <summary>A domain of a virtual host: a name, <c>*</c>, or a name with <c>*</c> at its begin or its end.</summary>
    public static string? CheckDomain(string domain) => domain.Length == 0 ? "a domain is empty" : null;

    /// <summary>A server name of a filter chain: a name, or one whose whole first label is <c>*</c>.</summary>
    public static string? CheckServerName(string name)
    {
        bool isPartial = name.StartsWith("*.", StringComparison.Ordinal) ? name.IndexOf('*', 1) > 0 || name.Length < 3 : name.Contains('*');
        return isPartial ? $"\"{name}\" has a wildcard that is not its whole first label" : null;
    }

    private static bool IsPort(ReadOnlySpan<char> digits) =>
        digits.Length is > 0 and <= MaxPortDigits
        && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int port)
        && port <= 65535;
}
