using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Tidegate.Rules.Values;

/// <summary>What addresses, ports and ranges of addresses may be. Each check gives null, or what is wrong.</summary>
public static class AddressRules
{
    private const int MaxPort = 65535;

    /// <summary>Reads an IPv4 or IPv6 address that is written in full (the framework alone would take <c>127.1</c>, and brackets).</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPAddress? address)
    {
        bool isAddress = IPAddress.TryParse(text, out address) && text[0] != '[' && (address.AddressFamily == AddressFamily.InterNetworkV6 || address.ToString() == text);
        address = isAddress ? address : null;
        return isAddress;
    }

    /// <summary>An IPv4 or IPv6 address.</summary>
    public static string? CheckAddress(string text) => TryParse(text, out _) ? null : $"\"{text}\" is no IP address";

    /// <summary>A port to listen on or to connect to; 0 lets the system choose.</summary>
    public static string? CheckPort(long port) => port is >= 0 and <= MaxPort ? null : "a port_value from 0 to 65535 is expected";

    /// <summary>A port that connections have, by which they are told apart.</summary>
    public static string? CheckMatchedPort(long port) => port is >= 1 and <= MaxPort ? null : $"{port} is not from 1 to 65535";

    /// <summary>A range of addresses: those that begin as <paramref name="address"/> does, for so many bits.</summary>
    public static string? CheckRange(string address, long length) =>
        !TryParse(address, out IPAddress? parsed) ? CheckAddress(address)
        : length > (parsed.AddressFamily == AddressFamily.InterNetwork ? 32 : 128) ? $"prefix_len {length} is longer than the address {address}"
        : null;
}
