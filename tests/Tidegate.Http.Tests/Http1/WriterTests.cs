using Tidegate.Http.Headers;
using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class WriterTests
{
    private static RequestHead NewRequest(KnownMethod method, string path = "/x", string authority = "a.example")
    {
        RequestHead head = new();
        head.SetMethod(method);
        Assert.True(head.SetPath(Wire.Bytes(path)));
        Assert.True(head.SetAuthority(Wire.Bytes(authority)));
        return head;
    }

    [Fact]
    public void A_request_is_written_anew_with_Host_first()
    {
        RequestHead head = NewRequest(KnownMethod.Get);
        head.Headers.Add("User-Agent"u8, "x"u8);
        head.Headers.Add("X-Other"u8, "y"u8);
        Assert.Equal("GET /x HTTP/1.1\r\nhost: a.example\r\nuser-agent: x\r\nx-other: y\r\n\r\n", Wire.Write(head));
    }

    [Theory]
    [InlineData(KnownMethod.Get, "")]
    [InlineData(KnownMethod.Head, "")]
    [InlineData(KnownMethod.Delete, "")]
    [InlineData(KnownMethod.Post, "content-length: 0\r\n")]
    [InlineData(KnownMethod.Put, "content-length: 0\r\n")]
    [InlineData(KnownMethod.Patch, "content-length: 0\r\n")]
    public void A_method_that_usually_has_a_body_tells_that_it_has_none(KnownMethod method, string framing) =>
        Assert.EndsWith($"host: a.example\r\n{framing}\r\n", Wire.Write(NewRequest(method)), StringComparison.Ordinal);

    [Fact]
    public void Framing_and_connection_never_come_from_the_fields()
    {
        RequestHead head = NewRequest(KnownMethod.Post);
        foreach (string name in (string[])["Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "Host", "Upgrade", "HTTP2-Settings"])
        {
            Assert.True(head.Headers.Add(Wire.Bytes(name), "77"u8));
        }

        head.KeepAlive = false;
        head.Framing = MessageFraming.Chunked;
        Assert.Equal("POST /x HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n", Wire.Write(head));
        head.Framing = MessageFraming.ContentLength;
        head.ContentLength = long.MaxValue;
        Assert.Equal("POST /x HTTP/1.1\r\nhost: a.example\r\ncontent-length: 9223372036854775807\r\n\r\n", Wire.Write(head));
    }

    [Fact]
    public void An_upgrade_is_written_when_it_is_meant()
    {
        RequestHead head = NewRequest(KnownMethod.Get);
        head.Headers.Add(KnownHeader.Upgrade, "websocket"u8);
        head.HasUpgrade = true;
        Assert.Equal("GET /x HTTP/1.1\r\nhost: a.example\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n", Wire.Write(head));
    }

    [Fact]
    public void A_head_takes_no_value_that_could_end_a_line()
    {
        RequestHead head = NewRequest(KnownMethod.Get);
        string[] bad = ["a\r\nx: y", "a\nb", "a\rb", "a\0b"];
        foreach (string value in bad)
        {
            byte[] bytes = Wire.Bytes(value);
            Assert.False(head.SetMethod(bytes));
            Assert.False(head.SetPath(bytes));
            Assert.False(head.SetAuthority(bytes));
            Assert.False(head.SetScheme(bytes));
            Assert.False(head.Headers.Add(bytes, "x"u8));
            Assert.False(head.Headers.Add("x"u8, bytes));
            Assert.False(head.Headers.Add(KnownHeader.Via, bytes));
            Assert.False(head.Headers.Set("x"u8, bytes));
            Assert.False(head.Headers.Set(KnownHeader.Via, bytes));
        }

        Assert.False(head.SetPath("/a b"u8));
        Assert.False(head.SetMethod(""u8));
        Assert.False(head.SetPath(""u8));
        Assert.Equal("GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n", Wire.Write(head));
    }

    [Fact]
    public void A_request_without_a_method_or_a_length_is_a_bug()
    {
        byte[] buffer = new byte[1000];
        Assert.Throws<InvalidOperationException>(() => Http1Writer.WriteRequestHead(new RequestHead(), buffer));
        RequestHead head = NewRequest(KnownMethod.Get);
        head.Framing = MessageFraming.UntilClose;
        Assert.Throws<InvalidOperationException>(() => Http1Writer.WriteRequestHead(head, buffer));
    }

    [Fact]
    public void A_destination_shorter_than_the_head_may_need_is_refused()
    {
        RequestHead head = NewRequest(KnownMethod.Get);
        Assert.Equal(-1, Http1Writer.WriteRequestHead(head, new byte[Http1Writer.MaxSize(head) - 1]));
        ResponseHead response = new() { Status = 200 };
        Assert.Equal(-1, Http1Writer.WriteResponseHead(response, new byte[Http1Writer.MaxSize(response) - 1]));
    }

    [Theory]
    [InlineData(200, MessageFraming.ContentLength, 5, false, true, "content-length: 5\r\n")]
    [InlineData(200, MessageFraming.Chunked, -1, false, true, "transfer-encoding: chunked\r\n")]
    [InlineData(200, MessageFraming.UntilClose, -1, false, true, "connection: close\r\n")]
    [InlineData(200, MessageFraming.None, -1, false, true, "content-length: 0\r\n")]
    [InlineData(404, MessageFraming.None, -1, false, false, "content-length: 0\r\nconnection: close\r\n")]
    [InlineData(200, MessageFraming.None, 5, true, true, "content-length: 5\r\n")]
    [InlineData(200, MessageFraming.None, -1, true, true, "")]
    [InlineData(200, MessageFraming.ContentLength, 5, true, true, "content-length: 5\r\n")]
    [InlineData(304, MessageFraming.None, 5, false, true, "content-length: 5\r\n")]
    [InlineData(304, MessageFraming.None, -1, false, true, "")]
    [InlineData(204, MessageFraming.None, -1, false, true, "")]
    [InlineData(204, MessageFraming.None, 0, false, false, "connection: close\r\n")]
    [InlineData(100, MessageFraming.None, -1, false, false, "")]
    public void A_response_is_framed_after_its_status(int status, MessageFraming framing, long length, bool isForHead, bool keepAlive, string fields)
    {
        ResponseHead head = new() { Status = status, Framing = framing, ContentLength = length, IsForHead = isForHead, KeepAlive = keepAlive };
        head.Headers.Add("content-length"u8, "99"u8);
        head.Headers.Add("connection"u8, "close"u8);
        head.Headers.Add("x"u8, "y"u8);
        Assert.Equal($"HTTP/1.1 {status} {Wire.Text(ReasonPhrases.Of(status))}\r\nx: y\r\n{fields}\r\n", Wire.Write(head));
    }

    [Fact]
    public void A_length_without_a_body_is_a_bug()
    {
        ResponseHead head = new() { Status = 200, ContentLength = 5 };
        Assert.Throws<InvalidOperationException>(() => Http1Writer.WriteResponseHead(head, new byte[1000]));
        head.Status = 99;
        Assert.Throws<InvalidOperationException>(() => Http1Writer.WriteResponseHead(head, new byte[1000]));
    }

    [Fact]
    public void An_HTTP_1_0_client_is_told_that_the_connection_stays() =>
        Assert.EndsWith("connection: keep-alive\r\n\r\n", Wire.Write(new ResponseHead { Status = 200 }, HttpVersion.Http10), StringComparison.Ordinal);

    [Fact]
    public void Chunks_for_an_HTTP_1_0_client_are_a_bug() =>
        Assert.Throws<InvalidOperationException>(() => Wire.Write(new ResponseHead { Status = 200, Framing = MessageFraming.Chunked }, HttpVersion.Http10));

    [Theory]
    [InlineData(1, "1\r\n")]
    [InlineData(255, "ff\r\n")]
    [InlineData(65536, "10000\r\n")]
    [InlineData(int.MaxValue, "7fffffff\r\n")]
    public void A_chunk_header_is_hexadecimal(int length, string text)
    {
        byte[] buffer = new byte[10];
        Assert.Equal(text, Wire.Text(buffer.AsSpan(0, Http1Writer.WriteChunkHeader(length, buffer))));
        Assert.Equal(-1, Http1Writer.WriteChunkHeader(length, new byte[text.Length - 1]));
    }

    [Fact]
    public void Trailers_are_written_behind_the_last_chunk()
    {
        HeaderMap trailers = new();
        byte[] buffer = new byte[100];
        Assert.Equal("0\r\n\r\n", Wire.Text(buffer.AsSpan(0, Http1Writer.WriteTrailers(trailers, buffer))));
        trailers.Add("grpc-status"u8, "0"u8);
        trailers.Add("content-length"u8, "5"u8);
        Assert.Equal("0\r\ngrpc-status: 0\r\n\r\n", Wire.Text(buffer.AsSpan(0, Http1Writer.WriteTrailers(trailers, buffer))));
        Assert.Equal(-1, Http1Writer.WriteTrailers(trailers, new byte[10]));
    }
}
