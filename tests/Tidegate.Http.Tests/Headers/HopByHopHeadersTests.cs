using Tidegate.Http.Headers;
using Tidegate.Http.Tests.Http1;

namespace Tidegate.Http.Tests.Headers;

public sealed class HopByHopHeadersTests
{
    private static string Remaining(string fields, bool keepUpgrade = false)
    {
        HeaderMap headers = Wire.Request($"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n").IsAccepted().Headers;
        HopByHopHeaders.Remove(headers, keepUpgrade);
        return Wire.Show(headers);
    }

    [Fact]
    public void Fields_of_the_connection_go_and_others_stay() =>
        Assert.Equal(
            "accept: x\n",
            Remaining("Keep-Alive: 5\r\nProxy-Connection: x\r\nAccept: x\r\nTransfer-Encoding: chunked\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"));

    [Fact]
    public void Fields_that_Connection_names_go() =>
        Assert.Equal("accept: x\n", Remaining("Connection: x-hop, close\r\nX-Hop: 1\r\nAccept: x\r\nX-HOP: 2\r\nConnection: Range\r\nRange: x\r\nConnection: connection\r\n"));

    [Fact]
    public void X11_Fields_that_all_recipients_need_survive_being_named() =>
        Assert.Equal(
            "x-forwarded-for: 1\nx-forwarded-proto: 2\nx-real-ip: 3\nauthorization: 4\ncookie: 5\n",
            Remaining("Connection: x-forwarded-for, x-forwarded-proto, x-real-ip, authorization, host, cookie\r\n" +
                "X-Forwarded-For: 1\r\nX-Forwarded-Proto: 2\r\nX-Real-Ip: 3\r\nAuthorization: 4\r\nCookie: 5\r\n"));

    [Theory]
    [InlineData("TE: trailers\r\n", "te: trailers\n")]
    [InlineData("TE: gzip;q=0.5, trailers\r\n", "te: trailers\n")]
    [InlineData("TE: Trailers\r\n", "")]
    [InlineData("TE: gzip\r\nTE: trailers\r\n", "te: trailers\n")]
    [InlineData("TE: gzip\r\n", "")]
    [InlineData("Connection: te\r\nTE: trailers\r\n", "te: trailers\n")]
    public void Of_TE_only_trailers_stays(string fields, string remaining) => Assert.Equal(remaining, Remaining(fields));

    [Fact]
    public void An_upgrade_stays_when_it_is_kept() =>
        Assert.Equal("upgrade: websocket\n", Remaining("Connection: upgrade\r\nUpgrade: websocket\r\n", keepUpgrade: true));
}
