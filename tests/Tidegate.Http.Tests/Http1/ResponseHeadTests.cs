using Tidegate.Http.Headers;
using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class ResponseHeadTests
{
    private static ResponseOutcome Parse(string fields, int status = 200, KnownMethod method = KnownMethod.Get) =>
        Wire.Response($"HTTP/1.1 {status} X\r\n{fields}\r\n", method);

    [Fact]
    public void A_plain_response_is_read()
    {
        ResponseOutcome outcome = Wire.Response("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhi");
        Assert.Equal(
            "Http11 200 ContentLength 2 True False False\nserver: x\ncontent-length: 2\nset-cookie: a\nset-cookie: b\n",
            Wire.Show(outcome.IsAccepted()));
        Assert.Equal("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n".Length, outcome.Consumed);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK", 200)]
    [InlineData("HTTP/1.1 200 ", 200)]
    [InlineData("HTTP/1.1 200", 200)]
    [InlineData("HTTP/1.1 404 Not  Found\t!", 404)]
    [InlineData("HTTP/1.1 500 Fehler \u00fc", 500)]
    [InlineData("HTTP/1.1 999 Request denied", 999)]
    public void A_status_line_is_read_and_its_reason_dropped(string line, int status)
    {
        ResponseHead head = Wire.Response(line + "\r\ncontent-length: 0\r\n\r\n").IsAccepted();
        Assert.Equal(status, head.Status);
        Assert.DoesNotContain("Fehler", Wire.Write(head), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 20 OK")]
    [InlineData("HTTP/1.1 2000 OK")]
    [InlineData("HTTP/1.1 099 OK")]
    [InlineData("HTTP/1.1 000 OK")]
    [InlineData("HTTP/1.1  200 OK")]
    [InlineData("HTTP/1.1 +20 OK")]
    [InlineData("HTTP/1.1 2x0 OK")]
    [InlineData("HTTP/1.1\t200 OK")]
    [InlineData("HTTP/1.1 200OK")]
    [InlineData("HTTP/1.1")]
    [InlineData("200 OK")]
    [InlineData("garbage")]
    [InlineData(" HTTP/1.1 200 OK")]
    [InlineData("")]
    public void A_garbage_status_line_is_refused(string line) =>
        Wire.Response(line + "\r\ncontent-length: 0\r\n\r\n").IsRefused(Http1ErrorCode.InvalidStatusLine);

    [Theory]
    [InlineData("http/1.1 200 OK", Http1ErrorCode.InvalidVersion)]
    [InlineData("HTTP/1,1 200 OK", Http1ErrorCode.InvalidVersion)]
    [InlineData("SIP/2.01 200 OK", Http1ErrorCode.InvalidVersion)]
    [InlineData("HTTP/2.0 200 OK", Http1ErrorCode.UnsupportedVersion)]
    [InlineData("HTTP/1.2 200 OK", Http1ErrorCode.UnsupportedVersion)]
    [InlineData("HTTP/0.9 200 OK", Http1ErrorCode.UnsupportedVersion)]
    [InlineData("HTTP/1.1 200 a\0b", Http1ErrorCode.ControlCharacter)]
    [InlineData("HTTP/1.1 200 a\u007fb", Http1ErrorCode.ControlCharacter)]
    [InlineData("HTTP/1.1 200 OK\rX", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("HTTP/1.1 200 OK\nX", Http1ErrorCode.BareLineFeed)]
    [InlineData("\0", Http1ErrorCode.ControlCharacter)]
    public void A_broken_status_line_is_refused(string line, Http1ErrorCode code) => Wire.Response(line + "\r\ncontent-length: 0\r\n\r\n").IsRefused(code);

    [Theory]
    [InlineData("X: y\r\n z\r\n", Http1ErrorCode.ObsoleteFolding)]
    [InlineData("X : y\r\n", Http1ErrorCode.WhiteSpaceBeforeColon)]
    [InlineData(": y\r\n", Http1ErrorCode.InvalidFieldName)]
    [InlineData("X\r\n", Http1ErrorCode.InvalidFieldName)]
    [InlineData("X: a\nY: b\r\n", Http1ErrorCode.BareLineFeed)]
    [InlineData("X: a\rb\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("X: a\0b\r\n", Http1ErrorCode.InvalidFieldValue)]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Http1ErrorCode.ContentLengthAndTransferEncoding)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n", Http1ErrorCode.DuplicateContentLength)]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n", Http1ErrorCode.DuplicateContentLength)]
    [InlineData("Content-Length: 5, 5\r\n", Http1ErrorCode.InvalidContentLength)]
    [InlineData("Content-Length: +5\r\n", Http1ErrorCode.InvalidContentLength)]
    [InlineData("Content-Length: -1\r\n", Http1ErrorCode.InvalidContentLength)]
    [InlineData("Content-Length:\r\n", Http1ErrorCode.InvalidContentLength)]
    [InlineData("Content-Length: 9223372036854775808\r\n", Http1ErrorCode.ContentLengthOverflow)]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n", Http1ErrorCode.UnsupportedTransferEncoding)]
    [InlineData("Transfer-Encoding: chunked, chunked\r\n", Http1ErrorCode.InvalidTransferEncoding)]
    [InlineData("Transfer-Encoding: identity\r\n", Http1ErrorCode.InvalidTransferEncoding)]
    [InlineData("Transfer-Encoding: gzip\r\n", Http1ErrorCode.InvalidTransferEncoding)]
    public void An_upstream_is_read_as_strictly_as_a_client(string fields, Http1ErrorCode code)
    {
        ResponseOutcome outcome = Parse(fields);
        outcome.IsRefused(code);
        Assert.False(outcome.Error.IsDownstreamProtocolError);
        Assert.True(outcome.Error.Body.IsEmpty);
    }

    [Fact]
    public void Transfer_encoding_in_an_HTTP_1_0_response_is_refused() =>
        Wire.Response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").IsRefused(Http1ErrorCode.TransferEncodingInHttp10);

    [Fact]
    public void Without_a_length_the_body_lasts_until_the_connection_closes()
    {
        ResponseHead head = Parse("Connection: keep-alive\r\n").IsAccepted();
        Assert.Equal(MessageFraming.UntilClose, head.Framing);
        Assert.False(head.KeepAlive);
    }

    [Theory]
    [InlineData(200, KnownMethod.Head, "Content-Length: 5\r\n", 5)]
    [InlineData(200, KnownMethod.Head, "Transfer-Encoding: chunked\r\n", -1)]
    [InlineData(200, KnownMethod.Head, "", -1)]
    [InlineData(304, KnownMethod.Get, "Content-Length: 5\r\n", 5)]
    [InlineData(304, KnownMethod.Get, "Transfer-Encoding: chunked\r\n", -1)]
    [InlineData(304, KnownMethod.Get, "", -1)]
    [InlineData(204, KnownMethod.Get, "", -1)]
    [InlineData(204, KnownMethod.Get, "Content-Length: 0\r\n", -1)]
    [InlineData(100, KnownMethod.Post, "", -1)]
    [InlineData(103, KnownMethod.Get, "Link: x\r\n", -1)]
    [InlineData(101, KnownMethod.Get, "Connection: upgrade\r\nUpgrade: websocket\r\n", -1)]
    [InlineData(200, KnownMethod.Connect, "", -1)]
    public void Some_responses_have_no_body_whatever_they_say(int status, KnownMethod method, string fields, long length)
    {
        ResponseHead head = Parse(fields, status, method).IsAccepted();
        Assert.Equal((MessageFraming.None, length, true), (head.Framing, head.ContentLength, head.KeepAlive));
    }

    [Theory]
    [InlineData(204, "Content-Length: 5\r\n", Http1ErrorCode.ContentLengthNotAllowed)]
    [InlineData(204, "Transfer-Encoding: chunked\r\n", Http1ErrorCode.TransferEncodingNotAllowed)]
    [InlineData(100, "Content-Length: 5\r\n", Http1ErrorCode.ContentLengthNotAllowed)]
    [InlineData(101, "Transfer-Encoding: chunked\r\n", Http1ErrorCode.TransferEncodingNotAllowed)]
    [InlineData(304, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Http1ErrorCode.ContentLengthAndTransferEncoding)]
    [InlineData(204, "Content-Length: x\r\n", Http1ErrorCode.InvalidContentLength)]
    public void A_length_where_none_may_be_is_refused(int status, string fields, Http1ErrorCode code) => Parse(fields, status).IsRefused(code);

    [Fact]
    public void Interim_responses_come_out_and_the_final_one_follows()
    {
        byte[] input = Wire.Bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        Http1ResponseParser parser = new(Http1Limits.Default);
        ResponseHead head = new();
        List<string> seen = [];
        for (int start = 0; start < input.Length;)
        {
            Assert.Equal(ParseResult.Complete, parser.Parse(input.AsSpan(start), KnownMethod.Get, head, out int consumed));
            start += consumed;
            seen.Add($"{head.Status} {head.IsInterim} {head.Framing} {head.Headers.Count}");
        }

        Assert.Equal(["100 True None 0", "103 True None 1", "200 False ContentLength 1"], seen);
    }

    [Fact]
    public void A_101_shows_its_upgrade()
    {
        ResponseHead head = Parse("Connection: Upgrade\r\nUpgrade: websocket\r\n", 101).IsAccepted();
        Assert.True(head.HasUpgrade);
        Assert.Equal("HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n", Wire.Write(head));
    }

    [Fact]
    public void Bytes_behind_a_response_are_not_consumed()
    {
        ResponseOutcome outcome = Wire.Response("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\n");
        Assert.Equal("HTTP/1.1 204 No Content\r\n\r\n".Length, outcome.Consumed);
        Wire.Response("\r\nHTTP/1.1 200 OK\r\n\r\n").IsRefused(Http1ErrorCode.InvalidStatusLine);
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false)]
    public void The_upstream_says_whether_the_connection_lives(string text, bool keepAlive) => Assert.Equal(keepAlive, Wire.Response(text).IsAccepted().KeepAlive);

    [Fact]
    public void A_Host_field_in_a_response_is_a_field_like_others() => Assert.True(Parse("Host: x\r\nContent-Length: 0\r\n").IsAccepted().Headers.Contains(KnownHeader.Host));
}
