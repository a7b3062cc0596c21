using System.Text;
using FsCheck.Xunit;
using Tidegate.Net;
using Tidegate.Proxy.ProxyProtocol;

namespace Tidegate.Proxy.Tests.ProxyProtocol;

/// <summary>PROXY headers (edge.md, group PP; HAProxy, "The PROXY protocol").</summary>
public sealed class ProxyHeaderTests
{
    private static readonly byte[] Signature = ProxyHeaderReader.Version2Signature.ToArray();

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1234 443\r\n", "192.0.2.1:1234", "198.51.100.2:443")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\nGET /", "[2001:db8::1]:1", "[2001:db8::2]:65535")]
    [InlineData("PROXY TCP4 0.0.0.0 255.255.255.255 0 0\r\n", "0.0.0.0:0", "255.255.255.255:0")]
    public void PP01_version_1_announces_addresses(string text, string source, string destination)
    {
        Assert.Equal(ProxyHeaderResult.Complete, Read(text, out ProxyHeader header));
        Assert.Equal((source, destination, 1), (header.Source.ToString(), header.Destination.ToString(), header.Version));
        Assert.Equal(text.IndexOf('\n', StringComparison.Ordinal) + 1, header.Length);
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n")]
    public void PP01_UNKNOWN_announces_none(string text)
    {
        Assert.Equal(ProxyHeaderResult.Complete, Read(text, out ProxyHeader header));
        Assert.False(header.HasAddresses);
        Assert.Equal(text.Length, header.Length);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1234\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1234 443 5\r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 198.51.100.2 1234 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1234 443 \r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 01234 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.2 1 443\r\n")]
    [InlineData("PROXY TCP4 0x7f.0.0.1 198.51.100.2 1 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 443\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.2 1 443\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 fe80::2 1 443\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.2 1 443\r\n")]
    [InlineData("PROXY tcp4 192.0.2.1 198.51.100.2 1 443\r\n")]
    [InlineData("PROXY UNKNOWNS\r\n")]
    [InlineData("PROXY \r\n")]
    public void PP01_a_broken_version_1_is_refused(string text) => Assert.Equal(ProxyHeaderResult.Malformed, Read(text, out _));

    [Fact]
    public void PP05_version_1_ends_within_107_bytes()
    {
        Assert.Equal(ProxyHeaderResult.NeedMore, Read("PROXY UNKNOWN " + new string('x', 92), out _));
        Assert.Equal(ProxyHeaderResult.Malformed, Read("PROXY UNKNOWN " + new string('x', 93), out _));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n")]
    [InlineData("PROXX")]
    [InlineData("\r\nGET /")]
    public void What_is_no_header_is_told_apart(string text) => Assert.Equal(ProxyHeaderResult.None, Read(text, out _));

    [Fact]
    public void PP02_version_2_announces_addresses_of_both_families()
    {
        byte[] v4 = Version2(0x21, 0x11, [192, 0, 2, 1, 198, 51, 100, 2, 0x04, 0xD2, 0x01, 0xBB]);
        Assert.Equal(ProxyHeaderResult.Complete, ProxyHeaderReader.Read(v4, out ProxyHeader header));
        Assert.Equal(("192.0.2.1:1234", "198.51.100.2:443", 2, 28), (header.Source.ToString(), header.Destination.ToString(), header.Version, header.Length));

        byte[] addresses = [.. System.Net.IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. System.Net.IPAddress.Parse("2001:db8::2").GetAddressBytes(), 0, 1, 0, 2];
        Assert.Equal(ProxyHeaderResult.Complete, ProxyHeaderReader.Read(Version2(0x21, 0x21, addresses), out header));
        Assert.Equal(("[2001:db8::1]:1", "[2001:db8::2]:2"), (header.Source.ToString(), header.Destination.ToString()));
    }

    [Theory]
    [InlineData(0x20, 0x11, 12)]
    [InlineData(0x20, 0x00, 0)]
    [InlineData(0x20, 0xFF, 5)]
    [InlineData(0x21, 0x00, 7)]
    [InlineData(0x21, 0x31, 216)]
    public void PP02_LOCAL_unspecified_and_UNIX_announce_none(byte command, byte family, int length)
    {
        Assert.Equal(ProxyHeaderResult.Complete, ProxyHeaderReader.Read(Version2(command, family, new byte[length]), out ProxyHeader header));
        Assert.Equal((false, 16 + length), (header.HasAddresses, header.Length));
    }

    [Theory]
    [InlineData(0x11, 0x11, 12)] // version 1 in the form of version 2
    [InlineData(0x22, 0x11, 12)] // no such command
    [InlineData(0x21, 0x12, 12)] // UDP
    [InlineData(0x21, 0x41, 12)] // no such family
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x21, 35)]
    [InlineData(0x21, 0x31, 215)]
    public void PP02_a_broken_version_2_is_refused(byte command, byte family, int length) =>
        Assert.Equal(ProxyHeaderResult.Malformed, ProxyHeaderReader.Read(Version2(command, family, new byte[length]), out _));

    [Theory]
    [InlineData(new byte[] { 4, 0, 1, 7 }, true)]
    [InlineData(new byte[] { 4, 0, 0, 4, 0, 2, 0xFF, 0xFE }, true)] // PP09: what is in it is not our matter
    [InlineData(new byte[] { 4, 0, 2, 7 }, false)]
    [InlineData(new byte[] { 4, 0xFF, 0xFF, 7 }, false)]
    [InlineData(new byte[] { 4, 0 }, false)]
    [InlineData(new byte[] { 4, 0, 1, 7, 9 }, false)]
    public void PP04_TLVs_are_whole_and_nothing_is_behind_them(byte[] tlvs, bool isGood)
    {
        byte[] bytes = Version2(0x21, 0x11, [.. new byte[12], .. tlvs]);
        Assert.Equal(isGood ? ProxyHeaderResult.Complete : ProxyHeaderResult.Malformed, ProxyHeaderReader.Read(bytes, out _));
    }

    [Fact]
    public void PP05_a_length_that_nobody_needs_is_refused_before_it_has_come()
    {
        byte[] head = [.. Signature, 0x21, 0x11, 0xFF, 0xFF];
        Assert.Equal(ProxyHeaderResult.Malformed, ProxyHeaderReader.Read(head, out _));
    }

    [Property]
    public void PP03_every_beginning_of_a_header_waits_for_more(ushort sourcePort, ushort destinationPort, bool isVersion1, byte cut)
    {
        byte[] bytes = new byte[ProxyHeaderWriter.MaxBytes];
        int length = ProxyHeaderWriter.Write(isVersion1 ? 1 : 2, Address("192.0.2.7", sourcePort), Address("198.51.100.9", destinationPort), bytes);
        Assert.Equal(ProxyHeaderResult.NeedMore, ProxyHeaderReader.Read(bytes.AsSpan(0, cut % length), out _));
    }

    [Property]
    public void PP10_what_is_written_is_read_again(byte[] address, ushort sourcePort, ushort destinationPort, bool isVersion1)
    {
        byte[] source = [.. (address ?? []).Concat(new byte[16]).Take(16)];
        byte[] destination = [.. source.Reverse()];
        bool isIPv4 = sourcePort % 2 == 0;
        NetAddress from = isIPv4 ? NetAddress.FromIPv4(source.AsSpan(0, 4), sourcePort) : NetAddress.FromIPv6(source, sourcePort);
        NetAddress to = isIPv4 ? NetAddress.FromIPv4(destination.AsSpan(0, 4), destinationPort) : NetAddress.FromIPv6(destination, destinationPort);
        byte[] bytes = new byte[ProxyHeaderWriter.MaxBytes];
        int length = ProxyHeaderWriter.Write(isVersion1 ? 1 : 2, from, to, bytes);

        Assert.Equal(ProxyHeaderResult.Complete, ProxyHeaderReader.Read(bytes.AsSpan(0, length), out ProxyHeader header));
        Assert.Equal(length, header.Length);
        Assert.Equal(from.IsIPv4 == to.IsIPv4 ? (from, to) : default, (header.Source, header.Destination));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Without_a_client_the_header_announces_none(int version)
    {
        byte[] bytes = new byte[ProxyHeaderWriter.MaxBytes];
        int length = ProxyHeaderWriter.Write(version, default, default, bytes);
        Assert.Equal(ProxyHeaderResult.Complete, ProxyHeaderReader.Read(bytes.AsSpan(0, length), out ProxyHeader header));
        Assert.False(header.HasAddresses);
    }

    [Property]
    public void Any_bytes_are_read_without_harm(byte[] bytes, bool isVersion1)
    {
        byte[] all = [.. isVersion1 ? "PROXY "u8.ToArray() : Signature, .. bytes ?? []];
        ProxyHeaderResult result = ProxyHeaderReader.Read(all, out ProxyHeader header);
        Assert.True(result != ProxyHeaderResult.Complete || header.Length <= all.Length);
    }

    private static ProxyHeaderResult Read(string text, out ProxyHeader header) => ProxyHeaderReader.Read(Encoding.Latin1.GetBytes(text), out header);

    private static NetAddress Address(string text, int port) => NetAddress.From(System.Net.IPAddress.Parse(text), port);

    private static byte[] Version2(byte command, byte family, byte[] rest) => [.. Signature, command, family, (byte)(rest.Length >> 8), (byte)rest.Length, .. rest];
}
