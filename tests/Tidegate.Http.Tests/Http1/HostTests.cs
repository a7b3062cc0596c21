using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class HostTests
{
    private static RequestOutcome Parse(string fields) => Wire.Request($"GET / HTTP/1.1\r\n{fields}\r\n");

    [Fact]
    public void A_missing_Host_is_400_with_an_empty_body_and_no_flag()
    {
        RequestOutcome outcome = Parse("Accept: x\r\n");
        outcome.IsRefused(Http1ErrorCode.MissingHost);
        Assert.Equal("missing_host_header", outcome.Error.Detail);
        Assert.True(outcome.Error.Body.IsEmpty);
        Assert.False(outcome.Error.IsDownstreamProtocolError);
    }

    [Theory]
    [InlineData("Host: a\r\nHost: a\r\n")]
    [InlineData("Host: a\r\nX: y\r\nhost: b\r\n")]
    [InlineData("Host: a\r\nHOST:\r\n")]
    public void A_repeated_Host_is_refused(string fields) => Parse(fields).IsRefused(Http1ErrorCode.DuplicateHost);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("a, b")]
    [InlineData("a,b")]
    [InlineData("a b")]
    [InlineData("a\tb")]
    [InlineData("a@b")]
    [InlineData("a/b")]
    [InlineData("a?b")]
    [InlineData("a#b")]
    [InlineData("a\\b")]
    [InlineData("a%2eb")]
    [InlineData("a\u00fcb")]
    [InlineData(":80")]
    [InlineData("a:")]
    [InlineData("a:80:80")]
    [InlineData("a:8x")]
    [InlineData("a:+80")]
    [InlineData("a:65536")]
    [InlineData("a:000080")]
    [InlineData("http://a")]
    [InlineData("<a>")]
    [InlineData("\"a\"")]
    [InlineData("a|b")]
    [InlineData("[::1")]
    [InlineData("::1")]
    [InlineData("[::1]x")]
    [InlineData("[::1]:")]
    [InlineData("[fe80::1%25eth0]")]
    [InlineData("[v1.x]")]
    [InlineData("[]")]
    [InlineData("[a]")]
    public void A_Host_that_is_no_host_is_refused(string host) => Parse($"Host: {host}\r\n").IsRefused(Http1ErrorCode.InvalidHost);

    [Theory]
    [InlineData("a")]
    [InlineData("webapp.istioinaction.io")]
    [InlineData("a.example:8080")]
    [InlineData("Secret.COM.:443")]
    [InlineData("10.0.0.1:80")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[::ffff:10.0.0.1]:65535")]
    [InlineData("my_service.local")]
    [InlineData("a-b~c")]
    public void A_Host_is_kept_as_it_came(string host)
    {
        RequestHead head = Parse($"Host: {host}\r\n").IsAccepted();
        Assert.Equal(host, Wire.Text(head.Authority));
        Assert.Equal(0, head.Headers.Count);
    }

    [Fact]
    public void A_Host_is_at_most_255_bytes_without_its_port()
    {
        Parse($"Host: {new string('a', 255)}:80\r\n").IsAccepted();
        Parse($"Host: {new string('a', 256)}\r\n").IsRefused(Http1ErrorCode.InvalidHost);
    }

    [Theory]
    [InlineData("a.example:8080", "a.example", 8080)]
    [InlineData("a.example", "a.example", -1)]
    [InlineData("[::1]:1", "[::1]", 1)]
    [InlineData("[::1]", "[::1]", -1)]
    public void Host_and_port_are_told_apart(string authority, string host, int port)
    {
        Assert.True(Authority.TrySplit(Wire.Bytes(authority), out ReadOnlySpan<byte> foundHost, out int foundPort));
        Assert.Equal(host, Wire.Text(foundHost));
        Assert.Equal(port, foundPort);
        Assert.Equal(host, Wire.Text(Authority.WithoutPort(Wire.Bytes(authority))));
    }
}
