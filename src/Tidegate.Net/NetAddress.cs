using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Tidegate.Net;

/// <summary>
/// An IP address with a port, as a value: comparing and printing one allocates nothing. The default is "no address" (for
/// instance that of a Unix domain socket).
/// </summary>
public readonly record struct NetAddress
{
    // An IPv4 address is kept as its mapped form, so that one comparison does for both families.
    private readonly UInt128 _bits;
    private readonly byte _family;

    private NetAddress(UInt128 bits, byte family, int port)
    {
        _bits = bits;
        _family = family;
        Port = port;
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Whether there is an address.</summary>
    public bool IsValid => _family != 0;

    /// <summary>Whether it is an IPv4 address.</summary>
    public bool IsIPv4 => _family == 4;

    /// <summary>Whether it is <c>0.0.0.0</c> or <c>::</c>: all of this host's.</summary>
    public bool IsUnspecified => _family == 4 ? (uint)_bits == 0 : _family == 6 && _bits == default;

    /// <summary>The longest text that <see cref="TryFormat"/> writes, port and brackets included.</summary>
    public const int MaxTextLength = 54;

    /// <summary>The value of an end point.</summary>
    public static NetAddress From(IPEndPoint endPoint) => From(endPoint.Address, endPoint.Port);

    /// <summary>The value of an address and a port.</summary>
    public static NetAddress From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int length);
        return length == 4 ? FromIPv4(bytes[..4], port) : FromIPv6(bytes, port);
    }

    /// <summary>An IPv4 address from its four bytes.</summary>
    public static NetAddress FromIPv4(ReadOnlySpan<byte> bytes, int port) =>
        new(new UInt128(0, 0xFFFF_0000_0000UL | BinaryPrimitives.ReadUInt32BigEndian(bytes)), 4, port);

    /// <summary>An IPv6 address from its sixteen bytes; an IPv4 address in its mapped form is an IPv4 address.</summary>
    public static NetAddress FromIPv6(ReadOnlySpan<byte> bytes, int port)
    {
        UInt128 bits = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        bool isMapped = (ulong)(bits >> 64) == 0 && (ulong)bits >> 32 == 0xFFFF;
        return new NetAddress(bits, (byte)(isMapped ? 4 : 6), port);
    }

    /// <summary>
    /// Reads an address that somebody else has written, as Envoy does: an IPv4 address in its mapped form (<c>::ffff:192.0.2.1</c>) stays an IPv6 address, and is in no
    /// range of IPv4 addresses.
    /// </summary>
    public static bool TryParseAsWritten(ReadOnlySpan<byte> text, out NetAddress address)
    {
        bool isAddress = TryParse(text, out address);
        if (address.IsIPv4 && text.Contains((byte)':'))
        {
            address = new NetAddress(address._bits, 6, 0);
        }

        return isAddress;
    }

    /// <summary>Reads an address without a port: <c>192.0.2.1</c>, <c>2001:db8::1</c>. A scope makes it invalid.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out NetAddress address)
    {
        address = default;
        Span<char> characters = stackalloc char[46];
        if (text.IsEmpty || text.Length > characters.Length)
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            bool isAllowed = char.IsAsciiHexDigit((char)text[i]) || text[i] is (byte)'.' or (byte)':';
            if (!isAllowed)
            {
                return false;
            }

            characters[i] = (char)text[i];
        }

        return TryParse(characters[..text.Length], out address);
    }

    /// <summary>An IPv4 address that stayed an IPv6 address (<see cref="TryParseAsWritten"/>), as an IPv4 address; others as they are.</summary>
    public NetAddress Unmapped() => _family == 6 && _bits >> 32 == 0xFFFF ? new NetAddress(_bits, 4, Port) : this;

    /// <summary>The same address with another port.</summary>
    public NetAddress WithPort(int port) => new(_bits, _family, port);

    /// <summary>Whether both are the same address, whatever the ports.</summary>
    public bool HasSameAddress(NetAddress other) => _bits == other._bits && _family == other._family;

    /// <summary>Whether the first <paramref name="length"/> bits are those of <paramref name="prefix"/>, and the family is the same.</summary>
    public bool IsIn(NetAddress prefix, int length)
    {
        int compared = length + (_family == 4 ? 96 : 0);
        return _family == prefix._family && (compared == 0 || (_bits ^ prefix._bits) >> (128 - compared) == UInt128.Zero);
    }

    /// <summary>The address with all bits behind the first <paramref name="length"/> 0, and no port.</summary>
    public NetAddress Prefix(int length)
    {
        int kept = Math.Min(128, length + (_family == 4 ? 96 : 0));
        return new NetAddress(kept == 0 ? UInt128.Zero : (_bits >> (128 - kept)) << (128 - kept), _family, 0);
    }

    /// <summary>As an object of the framework.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _bits);
        return _family switch
        {
            4 => new IPAddress(bytes[12..]),
            6 => new IPAddress(bytes),
            _ => IPAddress.None,
        };
    }

    /// <summary>As an object of the framework, with the port.</summary>
    public IPEndPoint ToEndPoint() => new(ToIPAddress(), Port);

    /// <summary>
    /// Writes <c>192.0.2.1:80</c> or <c>[2001:db8::1]:80</c>, or without port and brackets. Returns the length; 0 when it does not
    /// fit.
    /// </summary>
    public int TryFormat(Span<byte> destination, bool withPort)
    {
        if (_family == 0)
        {
            return 0;
        }

        return _family == 6 ? TryFormatIPv6(destination, withPort)
            : TryFormatIPv4(destination, out int length) && withPort ? AppendPort(destination, length)
            : length;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> text = stackalloc byte[MaxTextLength];
        return System.Text.Encoding.ASCII.GetString(text[..TryFormat(text, withPort: true)]);
    }

    private static bool TryParse(ReadOnlySpan<char> text, out NetAddress address)
    {
        address = default;
        bool hasDots = text.Contains('.');
        if (!IPAddress.TryParse(text, out IPAddress? parsed)
            || (hasDots && !IsDottedDecimal(text[(text.LastIndexOf(':') + 1)..]))
            || (!hasDots && parsed.AddressFamily == AddressFamily.InterNetwork))
        {
            return false;
        }

        address = From(parsed, 0);
        return true;
    }

    // The framework also takes forms such as "1", "0x7f.1" and the octal "0127.0.0.1", which others read differently (inet_pton
    // refuses them).
    private static bool IsDottedDecimal(ReadOnlySpan<char> text)
    {
        int parts = 0;
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> part = text[range];
            if (part.Length is 0 or > 3 || (part.Length > 1 && part[0] == '0') || part.ContainsAnyExceptInRange('0', '9'))
            {
                return false;
            }

            parts++;
        }

        return parts == 4;
    }

    // The length is 0 where it does not fit.
    private bool TryFormatIPv4(Span<byte> destination, out int length)
    {
        uint address = (uint)_bits;
        int count = 0;
        length = 0;
        for (int shift = 24; shift >= 0; shift -= 8)
        {
            if (!((address >> shift) & 0xFF).TryFormat(destination[count..], out int written, default, null))
            {
                return false;
            }

            count += written;
            if (shift > 0)
            {
                if (count == destination.Length)
                {
                    return false;
                }

                destination[count++] = (byte)'.';
            }
        }

        length = count;
        return true;
    }

    // An IPv4 address in its mapped form is written so (RFC 5952, section 5).
    private bool TryFormatMapped(Span<byte> destination, out int length)
    {
        if (!"::ffff:"u8.TryCopyTo(destination) || !TryFormatIPv4(destination["::ffff:"u8.Length..], out length))
        {
            length = 0;
            return false;
        }

        length += "::ffff:"u8.Length;
        return true;
    }

    private int TryFormatIPv6(Span<byte> destination, bool withPort)
    {
        int length = 0;
        if (withPort)
        {
            if (destination.IsEmpty)
            {
                return 0;
            }

            destination[length++] = (byte)'[';
        }

        bool isMapped = _bits >> 32 == 0xFFFF;
        if (!(isMapped ? TryFormatMapped(destination[length..], out int written) : IPv6Text.TryFormat(_bits, destination[length..], out written)))
        {
            return 0;
        }

        length += written;
        if (!withPort)
        {
            return length;
        }

        if (length == destination.Length)
        {
            return 0;
        }

        destination[length++] = (byte)']';
        return AppendPort(destination, length);
    }

    private int AppendPort(Span<byte> destination, int length)
    {
        if (length == destination.Length)
        {
            return 0;
        }

        destination[length++] = (byte)':';
        return Port.TryFormat(destination[length..], out int written, default, null) ? length + written : 0;
    }
}
