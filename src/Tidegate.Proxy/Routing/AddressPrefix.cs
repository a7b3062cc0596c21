using System.Diagnostics.CodeAnalysis;
using System.Net;
using Envoy.Config.Core.V3;
using Tidegate.Net;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Routing;

/// <summary>A range of addresses: those that begin with the same bits.</summary>
/// <param name="Address">One of them, the bits behind the prefix being 0; without a port.</param>
/// <param name="Length">How many bits are the same.</param>
internal readonly record struct AddressPrefix(NetAddress Address, int Length)
{
    /// <summary>Reads a range; false when it is none, with what is wrong.</summary>
    public static bool TryRead(CidrRange range, out AddressPrefix prefix, [NotNullWhen(false)] out string? error)
    {
        prefix = default;
        uint length = range.PrefixLen ?? 0;
        error = AddressRules.CheckRange(range.AddressPrefix, length);
        if (error is not null)
        {
            return false;
        }

        var address = IPAddress.Parse(range.AddressPrefix);
        if (address.IsIPv4MappedToIPv6 && length >= 96)
        {
            address = address.MapToIPv4();
            length -= 96;
        }

        byte[] bytes = address.GetAddressBytes();
        for (int bit = (int)length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        prefix = new AddressPrefix(NetAddress.From(new IPAddress(bytes), 0), (int)length);
        return true;
    }

    /// <summary>A range that was checked before.</summary>
    public static AddressPrefix Of(CidrRange range) =>
        TryRead(range, out AddressPrefix prefix, out string? error) ? prefix : throw new ArgumentException(error, nameof(range));
}
