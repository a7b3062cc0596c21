using Tidegate.Http.Headers;
using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class BodyReaderTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world")]
    [InlineData("A\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData("a\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData("0005\r\nhello\r\n000\r\n\r\n", "hello")]
    [InlineData("5;name=value\r\nhello\r\n0;x\r\n\r\n", "hello")]
    [InlineData("5 \t;name=\"quo ted\";b\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5;\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("2\r\n\r\n\r\n0\r\n\r\n", "\r\n")]
    [InlineData("7\r\n0\r\n\r\nGE\r\n0\r\n\r\n", "0\r\n\r\nGE")]
    public void Chunks_are_read(string text, string data) => Assert.Equal(text.Length, Wire.Chunked(text + "GET").IsComplete(data).Consumed);

    [Theory]
    [InlineData("\r\n")]
    [InlineData("x\r\nhello\r\n")]
    [InlineData("0x5\r\nhello\r\n")]
    [InlineData("-5\r\nhello\r\n")]
    [InlineData("+5\r\nhello\r\n")]
    [InlineData(" 5\r\nhello\r\n")]
    [InlineData("\t5\r\nhello\r\n")]
    [InlineData("5g\r\nhello\r\n")]
    [InlineData("5_0\r\nhello\r\n")]
    [InlineData("5,0\r\nhello\r\n")]
    [InlineData("5.0\r\nhello\r\n")]
    [InlineData(";x\r\nhello\r\n")]
    [InlineData("\0\r\n")]
    [InlineData("5\0\r\nhello\r\n")]
    [InlineData("\u00b2\r\n")]
    [InlineData("5\r\nhello\r\n\r\n0\r\n\r\n")]
    public void A_chunk_size_that_is_no_hexadecimal_number_is_refused(string text) => Wire.Chunked(text).IsRefused(Http1ErrorCode.InvalidChunkSize);

    [Theory]
    [InlineData("5 \r\nhello\r\n")]
    [InlineData("5\t\r\nhello\r\n")]
    [InlineData("5 5\r\nhello\r\n")]
    [InlineData("5 x\r\nhello\r\n")]
    [InlineData("5;a\0b\r\nhello\r\n")]
    [InlineData("5;a\u007fb\r\nhello\r\n")]
    public void Bad_text_behind_a_chunk_size_is_refused(string text) => Wire.Chunked(text).IsRefused(Http1ErrorCode.InvalidChunkExtension);

    [Theory]
    [InlineData("8000000000000000\r\n")]
    [InlineData("FFFFFFFFFFFFFFFF\r\n")]
    [InlineData("10000000000000000\r\n")]
    [InlineData("10000000000000005\r\nhello\r\n")]
    [InlineData("fffffffffffffffffffffffffffff5\r\n")]
    [InlineData("00000000000000000000008000000000000000\r\n")]
    public void A_chunk_size_of_2_to_the_63_or_more_is_refused(string text) => Wire.Chunked(text).IsRefused(Http1ErrorCode.ChunkSizeOverflow);

    [Fact]
    public void The_largest_chunk_size_is_read()
    {
        BodyOutcome outcome = Wire.Chunked("7FFFFFFFFFFFFFFF\r\nhello");
        Assert.Equal((BodyResult.NeedMore, "hello"), (outcome.Result, outcome.Data));
    }

    [Theory]
    [InlineData("5\nhello\r\n0\r\n\r\n")]
    [InlineData("\n")]
    [InlineData("5\r\nhello\n0\r\n\r\n")]
    [InlineData("5;x\nhello\r\n0\r\n\r\n")]
    [InlineData("5;x=\"\n\"\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5 \nhello\r\n0\r\n\r\n")]
    [InlineData("0\n\r\n")]
    [InlineData("0\r\n\n")]
    [InlineData("0\r\nX: y\n\r\n")]
    public void A_bare_LF_is_refused_also_in_extensions_and_trailers(string text) => Wire.Chunked(text).IsRefused(Http1ErrorCode.BareLineFeed);

    [Theory]
    [InlineData("5\rhello\r\n0\r\n\r\n")]
    [InlineData("5\r\rhello\r\n0\r\n\r\n")]
    [InlineData("5;x\ry\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5;x=\"\r\"\r\nhello\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello\r0\r\n\r\n")]
    [InlineData("0\r\r\n")]
    [InlineData("0\r\n\rX")]
    [InlineData("0\r\nX: a\rb\r\n\r\n")]
    public void A_bare_CR_is_refused_also_in_extensions_and_trailers(string text) => Wire.Chunked(text).IsRefused(Http1ErrorCode.BareCarriageReturn);

    [Theory]
    [InlineData("5\r\nhelloX\r\n0\r\n\r\n")]
    [InlineData("5\r\nhello0\r\n\r\n")]
    [InlineData("4\r\nhello\r\n0\r\n\r\n")]
    public void Data_that_no_CRLF_follows_is_refused(string text) => Wire.Chunked(text).IsRefused(Http1ErrorCode.MissingChunkEnd);

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5\r")]
    [InlineData("5;x")]
    [InlineData("5\r\nhel")]
    [InlineData("5\r\nhello")]
    [InlineData("5\r\nhello\r\n")]
    [InlineData("0")]
    [InlineData("0\r\n")]
    [InlineData("0\r\n\r")]
    [InlineData("0\r\nX: y\r\n")]
    public void A_body_cut_short_is_not_complete(string text) => Assert.Equal(BodyResult.NeedMore, Wire.Chunked(text).Result);

    [Fact]
    public void Harmless_trailers_are_kept_and_others_dropped()
    {
        BodyOutcome outcome = Wire.Chunked(
            "0\r\nGrpc-Status: 0\r\nX-Checksum: abc\r\nServer-Timing: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: evil\r\nAuthorization: x\r\n" +
            "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Anything: x\r\nX_Forwarded_For: x\r\nX.Forwarded.For: x\r\nCookie: x\r\nSet-Cookie: x\r\nConnection: close\r\n" +
            "X-Envoy-Whatever: x\r\nX-Request-Id: x\r\nContent-Type: x\r\nContent-Whatever: x\r\nTrailer: x\r\nTe: x\r\nProxy-Thing: x\r\nIf-Range: x\r\nVary: *\r\n\r\n");
        Assert.Equal("grpc-status: 0\nx-checksum: abc\nserver-timing: x\n", outcome.IsComplete("").Trailers);
    }

    [Theory]
    [InlineData("0\r\nX : y\r\n\r\n", Http1ErrorCode.WhiteSpaceBeforeColon)]
    [InlineData("0\r\nX: y\r\n z\r\n\r\n", Http1ErrorCode.ObsoleteFolding)]
    [InlineData("0\r\nX\r\n\r\n", Http1ErrorCode.InvalidFieldName)]
    [InlineData("0\r\nX: a\0b\r\n\r\n", Http1ErrorCode.InvalidFieldValue)]
    [InlineData("0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Http1ErrorCode.WhiteSpaceBeforeColon)]
    public void Trailers_are_read_as_strictly_as_heads(string text, Http1ErrorCode code) => Wire.Chunked(text).IsRefused(code);

    [Fact]
    public void Trailers_nobody_wants_are_still_checked()
    {
        Http1BodyReader reader = default;
        reader.Start(MessageFraming.Chunked, -1, Http1Limits.Default, trailers: null);
        Assert.Equal(BodyResult.Complete, reader.Read("0\r\nx: y\r\n\r\n"u8, out int consumed, out _, out _));
        Assert.Equal(11, consumed);
        reader.Start(MessageFraming.Chunked, -1, Http1Limits.Default, trailers: null);
        Assert.Equal(BodyResult.Invalid, reader.Read("0\r\nx y\r\n\r\n"u8, out _, out _, out _));
    }

    [Fact]
    public void A_short_chunked_message_takes_one_call()
    {
        Http1BodyReader reader = default;
        reader.Start(MessageFraming.Chunked, -1, Http1Limits.Default, new HeaderMap());
        Assert.Equal(BodyResult.Data, reader.Read("5\r\nhello\r\n0\r\n\r\nGET"u8, out int consumed, out int offset, out int length));
        Assert.Equal((15, 3, 5, true), (consumed, offset, length, reader.IsComplete));
        Assert.Equal(BodyResult.Complete, reader.Read("GET"u8, out consumed, out _, out length));
        Assert.Equal((0, 0), (consumed, length));
    }

    [Fact]
    public void A_body_by_length_never_takes_a_byte_too_many()
    {
        BodyOutcome outcome = Wire.Body(Wire.Bytes("helloGET / HTTP/1.1"), MessageFraming.ContentLength, 5, null, []);
        outcome.IsComplete("hello");
        Assert.Equal(5, outcome.Consumed);

        outcome = Wire.Body(Wire.Bytes("hel"), MessageFraming.ContentLength, 5, null, []);
        Assert.Equal((BodyResult.NeedMore, "hel"), (outcome.Result, outcome.Data));
    }

    [Theory]
    [InlineData(MessageFraming.None, -1)]
    [InlineData(MessageFraming.ContentLength, 0)]
    public void No_body_is_complete_at_once(MessageFraming framing, long length)
    {
        Http1BodyReader reader = default;
        reader.Start(framing, length, Http1Limits.Default, null);
        Assert.True(reader.IsComplete);
        Assert.Equal(BodyResult.Complete, reader.Read("GET"u8, out int consumed, out _, out _));
        Assert.Equal(0, consumed);
    }

    [Fact]
    public void A_body_until_close_takes_everything_and_is_never_complete()
    {
        Http1BodyReader reader = default;
        reader.Start(MessageFraming.UntilClose, -1, Http1Limits.Default, null, isUpstream: true);
        Assert.True(reader.IsUntilClose);
        Assert.Equal(BodyResult.Data, reader.Read("abc"u8, out int consumed, out int offset, out int length));
        Assert.Equal((3, 0, 3), (consumed, offset, length));
        Assert.Equal(BodyResult.NeedMore, reader.Read([], out _, out _, out _));
        Assert.False(reader.IsComplete);
    }

    [Fact]
    public void An_upstreams_bad_chunk_is_the_upstreams_fault()
    {
        Http1BodyReader reader = default;
        reader.Start(MessageFraming.Chunked, -1, Http1Limits.Default, null, isUpstream: true);
        Assert.Equal(BodyResult.Invalid, reader.Read("x"u8, out _, out _, out _));
        Assert.Equal(502, reader.Error.Status);
        Assert.False(reader.Error.IsDownstreamProtocolError);
    }
}
