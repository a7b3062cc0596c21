using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>What Istio takes for addresses, address blocks, ports and Unix sockets. Each check gives null, or what is wrong.</summary>
internal static class AddressSyntax
{
    /// <summary>How the path of a Unix socket begins where an address may stand.</summary>
    public const string UnixPrefix = "unix://";

    /// <summary>Whether it is an IPv4 or IPv6 address, written in full.</summary>
    public static bool IsAddress(string text) => AddressRules.TryParse(text, out _);

    /// <summary>An IPv4 or IPv6 address.</summary>
    public static string? CheckAddress(string text) => IsAddress(text) ? null : $"{text} is not a valid IP";

    /// <summary>An address, or a block of them such as <c>10.0.0.0/8</c>.</summary>
    public static string? CheckSubnet(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || slash != text.LastIndexOf('/'))
        {
            return CheckAddress(text);
        }

        string bits = text[(slash + 1)..];
        bool isBlock = AddressRules.TryParse(text[..slash], out IPAddress? address)
            && !text.Contains('%')
            && int.TryParse(bits, NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && length.ToString(CultureInfo.InvariantCulture) == bits
            && length <= (address!.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
        return isBlock ? null : $"{text} is not a valid CIDR block";
    }

    /// <summary>A port that something can listen on.</summary>
    public static string? CheckPort(long port) => port is >= 1 and <= 65535 ? null : $"port number {port} must be in the range 1..65535";

    /// <summary>The path of a Unix socket, or <c>@name</c> for an abstract one.</summary>
    public static string? CheckUnixPath(string path) =>
        path.Length == 0 ? "unix address must not be empty"
        : path[0] == '@' || (path[0] == '/' && path[^1] != '/') ? null
        : $"{path} is not an absolute path to a file";
}
