using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Xunit;

namespace Tidegate.Net.Tests;

public sealed class NetAddressTests
{
    [Theory]
    [InlineData("192.0.2.1", 80, "192.0.2.1:80")]
    [InlineData("0.0.0.0", 0, "0.0.0.0:0")]
    [InlineData("::", 65535, "[::]:65535")]
    [InlineData("::1", 443, "[::1]:443")]
    [InlineData("1::", 443, "[1::]:443")]
    [InlineData("2001:0DB8:0:0:1:0:0:1", 1, "[2001:db8::1:0:0:1]:1")]
    [InlineData("2001:db8:0:1:1:1:1:1", 1, "[2001:db8:0:1:1:1:1:1]:1")]
    [InlineData("2001:db8:0:0:0:1:0:0", 1, "[2001:db8::1:0:0]:1")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535, "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("::ffff:192.0.2.1", 80, "192.0.2.1:80")]
    public void Addresses_are_printed_as_RFC_5952_says(string address, int port, string text)
    {
        var value = NetAddress.From(IPAddress.Parse(address), port);
        Assert.Equal(text, value.ToString());
        Span<byte> bytes = stackalloc byte[NetAddress.MaxTextLength];
        string alone = Encoding.ASCII.GetString(bytes[..value.TryFormat(bytes, withPort: false)]);
        Assert.Equal(text[..text.LastIndexOf(':')].Trim('[', ']'), alone);
        Assert.True(NetAddress.TryParse(Encoding.ASCII.GetBytes(alone), out NetAddress parsed));
        Assert.Equal(value, parsed.WithPort(port));
    }

    [Property]
    public bool What_is_printed_reads_back(byte[] seed, bool isIPv6, ushort port)
    {
        // Few distinct bytes, so that zeros meet.
        byte[] bytes = [.. Enumerable.Range(0, isIPv6 ? 16 : 4).Select(i => i < seed.Length ? (byte)(seed[i] % 3) : (byte)0)];
        var value = NetAddress.From(new IPAddress(bytes), port);
        return IPEndPoint.Parse(value.ToString()).Equals(value.ToEndPoint()) && NetAddress.From(value.ToEndPoint()) == value;
    }

    [Property]
    public bool What_does_not_fit_is_not_written(byte[] seed, bool isIPv6, bool withPort, PositiveInt room)
    {
        byte[] bytes = [.. Enumerable.Range(0, isIPv6 ? 16 : 4).Select(i => i < seed.Length ? seed[i] : (byte)0)];
        var value = NetAddress.From(new IPAddress(bytes), 8080);
        int length = value.TryFormat(new byte[NetAddress.MaxTextLength], withPort);
        return value.TryFormat(new byte[room.Get], withPort) == (length <= room.Get ? length : 0);
    }

    [Fact]
    public void Printing_allocates_nothing()
    {
        var value = NetAddress.From(IPAddress.Parse("2001:db8::1:0:0:1"), 8080);
        Span<byte> bytes = stackalloc byte[NetAddress.MaxTextLength];
        _ = value.TryFormat(bytes, withPort: true);
        long before = GC.GetAllocatedBytesForCurrentThread();
        _ = value.TryFormat(bytes, withPort: true);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2.3")]
    [InlineData("256.0.0.1")]
    [InlineData("1.2.3.4:80")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%eth0")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("127.0.0.1 ")]
    [InlineData("0127.0.0.1")]
    [InlineData("::ffff:0127.0.0.1")]
    [InlineData("::ffff:127.1")]
    [InlineData("1:2:3:4:5:6:7")]
    public void What_is_no_address_is_refused(string text) => Assert.False(NetAddress.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void An_IPv4_address_that_somebody_has_written_in_its_mapped_form_stays_what_was_written()
    {
        Assert.True(NetAddress.TryParseAsWritten("::ffff:192.0.2.1"u8, out NetAddress written));
        Assert.True(NetAddress.TryParseAsWritten("192.0.2.1"u8, out NetAddress plain));

        Assert.Equal("[::ffff:192.0.2.1]:0", written.ToString());
        Assert.False(written.IsIn(plain, 32));
        Assert.True(written.IsIn(written, 128));
        Assert.Equal(plain, written.Unmapped());
        Assert.Equal(plain, plain.Unmapped());
        Assert.Equal("::ffff:192.0.2.1", written.ToIPAddress().ToString());
    }

    [Fact]
    public void No_address_has_no_text()
    {
        Assert.False(default(NetAddress).IsValid);
        Assert.Equal("", default(NetAddress).ToString());
    }
}
