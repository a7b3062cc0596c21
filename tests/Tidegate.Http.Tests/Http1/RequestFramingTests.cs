using Tidegate.Http.Headers;
using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class RequestFramingTests
{
    private static RequestOutcome Parse(string fields, string method = "POST") => Wire.Request($"{method} / HTTP/1.1\r\nHost: a\r\n{fields}\r\n");

    [Fact]
    public void Without_either_field_there_is_no_body()
    {
        RequestHead head = Parse("").IsAccepted();
        Assert.Equal((MessageFraming.None, -1L), (head.Framing, head.ContentLength));
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: identity\r\n")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding:\r\n")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n")]
    public void Both_fields_together_are_refused(string fields)
    {
        RequestOutcome outcome = Parse(fields);
        outcome.IsRefused(Http1ErrorCode.ContentLengthAndTransferEncoding);
        Assert.Equal("http1.content_length_and_chunked_not_allowed", outcome.Error.Detail);
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("5", 5)]
    [InlineData("  5\t", 5)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_length_in_digits_is_read(string value, long length)
    {
        RequestHead head = Parse($"Content-Length:{value}\r\n").IsAccepted();
        Assert.Equal((MessageFraming.ContentLength, length), (head.Framing, head.ContentLength));
    }

    [Fact]
    public void A_length_on_GET_is_read() => Assert.Equal(5, Parse("Content-Length: 5\r\n", "GET").IsAccepted().ContentLength);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("+5")]
    [InlineData("-5")]
    [InlineData("-0")]
    [InlineData("0x5")]
    [InlineData("5 5")]
    [InlineData("5\t5")]
    [InlineData("5, 5")]
    [InlineData("5,5")]
    [InlineData("5, 6")]
    [InlineData("5,")]
    [InlineData(",5")]
    [InlineData("05")]
    [InlineData("00")]
    [InlineData("0000000000000000000005")]
    [InlineData("5.0")]
    [InlineData("5e0")]
    [InlineData("5;")]
    [InlineData("\"5\"")]
    [InlineData("abc")]
    [InlineData("1_000")]
    [InlineData("\u00b2")]
    [InlineData("NaN")]
    public void A_length_in_any_other_form_is_refused(string value) => Parse($"Content-Length: {value}\r\n").IsRefused(Http1ErrorCode.InvalidContentLength);

    [Theory]
    [InlineData("9223372036854775808")]
    [InlineData("9999999999999999999")]
    [InlineData("18446744073709551616")]
    [InlineData("18446744073709551621")]
    [InlineData("100000000000000000000")]
    [InlineData("99999999999999999999999999999999999999")]
    public void A_length_of_2_to_the_63_or_more_is_refused(string value) => Parse($"Content-Length: {value}\r\n").IsRefused(Http1ErrorCode.ContentLengthOverflow);

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n")]
    [InlineData("Content-Length: 5\r\nX: y\r\ncontent-length: 5\r\n")]
    [InlineData("Content-Length: 0\r\nContent-Length: 5\r\n")]
    [InlineData("Content-Length:\r\nContent-Length: 5\r\n")]
    public void A_repeated_length_is_refused_equal_or_not(string fields) => Parse(fields).IsRefused(Http1ErrorCode.DuplicateContentLength);

    [Theory]
    [InlineData("chunked")]
    [InlineData("Chunked")]
    [InlineData("CHUNKED")]
    [InlineData(" \tchunked \t")]
    public void Chunked_alone_is_accepted_in_any_case(string value)
    {
        RequestHead head = Parse($"Transfer-Encoding:{value}\r\n").IsAccepted();
        Assert.Equal((MessageFraming.Chunked, -1L), (head.Framing, head.ContentLength));
    }

    [Theory]
    [InlineData("")]
    [InlineData("identity")]
    [InlineData("xchunked")]
    [InlineData("chunkedx")]
    [InlineData("chunked, chunked")]
    [InlineData("chunked,chunked")]
    [InlineData("chunked, identity")]
    [InlineData("chunked, gzip")]
    [InlineData("gzip")]
    [InlineData("chunked,")]
    [InlineData(",chunked")]
    [InlineData("gzip,, chunked")]
    [InlineData("chunked;q=1")]
    [InlineData("chunked; foo")]
    [InlineData("\"chunked\"")]
    [InlineData("'chunked'")]
    [InlineData("chunk ed")]
    [InlineData("chun\u212aed")]
    [InlineData("0")]
    [InlineData("gzip, chunked, chunked")]
    [InlineData("identity, chunked, identity")]
    public void A_last_coding_other_than_one_chunked_is_refused_with_400(string value) =>
        Wire.Request(System.Text.Encoding.UTF8.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {value}\r\n\r\n"), null, [])
            .IsRefused(Http1ErrorCode.InvalidTransferEncoding);

    [Theory]
    [InlineData("gzip, chunked")]
    [InlineData("identity, chunked")]
    [InlineData("deflate , gzip , chunked")]
    public void A_coding_before_the_final_chunked_is_not_implemented(string value)
    {
        RequestOutcome outcome = Parse($"Transfer-Encoding: {value}\r\n");
        outcome.IsRefused(Http1ErrorCode.UnsupportedTransferEncoding, 501);
        Assert.Equal("Not Implemented", Wire.Text(outcome.Error.Body));
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n")]
    [InlineData("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n")]
    public void Two_lines_of_codings_are_one_list(string fields) => Parse(fields).IsRefused(Http1ErrorCode.InvalidTransferEncoding);

    [Fact]
    public void Two_lines_of_codings_that_end_with_chunked_are_not_implemented() =>
        Parse("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n").IsRefused(Http1ErrorCode.UnsupportedTransferEncoding, 501);

    [Fact]
    public void Transfer_encoding_in_HTTP_1_0_is_refused() =>
        Wire.Request("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", new Http1Limits { AcceptHttp10 = true })
            .IsRefused(Http1ErrorCode.TransferEncodingInHttp10);

    [Theory]
    [InlineData("Transfer_Encoding: chunked\r\n")]
    [InlineData("Transfer.Encoding: chunked\r\n")]
    [InlineData("X-Transfer-Encoding: chunked\r\n")]
    [InlineData("Content_Length: 5\r\n")]
    public void A_name_that_only_looks_like_a_framing_field_frames_nothing(string fields) =>
        Assert.Equal(MessageFraming.None, Parse(fields).IsAccepted().Framing);

    [Theory]
    [InlineData("Content-Length: 5\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n")]
    public void CONNECT_with_a_body_is_refused(string fields)
    {
        RequestOutcome outcome = Wire.Request($"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        outcome.IsRefused(Http1ErrorCode.ConnectWithBody);
        Assert.Equal("http1.body_disallowed", outcome.Error.Detail);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("Connection: close\r\n", false)]
    [InlineData("Connection: Close\r\n", false)]
    [InlineData("Connection: keep-alive\r\n", true)]
    [InlineData("Connection: keep-alive, close\r\n", false)]
    [InlineData("Connection: x\r\nConnection: y , close ,z\r\n", false)]
    [InlineData("Connection: closed\r\n", true)]
    [InlineData("Connection: \"close\"\r\n", true)]
    [InlineData("Connection: ,,\r\n", true)]
    public void The_client_closes_by_the_option_close(string fields, bool keepAlive) => Assert.Equal(keepAlive, Parse(fields).IsAccepted().KeepAlive);

    [Theory]
    [InlineData("Expect: 100-continue\r\nContent-Length: 5\r\n", true)]
    [InlineData("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", true)]
    [InlineData("Expect: 100-continue\r\n", false)]
    [InlineData("Expect: 100-continue\r\nContent-Length: 0\r\n", false)]
    [InlineData("Expect: something\r\nContent-Length: 5\r\n", false)]
    [InlineData("Content-Length: 5\r\n", false)]
    public void The_expectation_of_100_counts_when_a_body_follows(string fields, bool expects)
    {
        RequestHead head = Parse(fields).IsAccepted();
        Assert.Equal(expects, head.ExpectsContinue);
        Assert.Equal(fields.Contains("Expect", StringComparison.Ordinal), head.Headers.Contains(KnownHeader.Expect));
    }

    [Theory]
    [InlineData("Connection: Upgrade\r\nUpgrade: websocket\r\n", true)]
    [InlineData("Connection: keep-alive, upgrade\r\nUpgrade: websocket\r\n", true)]
    [InlineData("Upgrade: websocket\r\n", false)]
    [InlineData("Connection: upgrade\r\n", false)]
    [InlineData("Connection: x\r\nUpgrade: websocket\r\n", false)]
    public void An_upgrade_counts_when_Connection_names_it(string fields, bool hasUpgrade) => Assert.Equal(hasUpgrade, Parse(fields).IsAccepted().HasUpgrade);

    [Fact]
    public void An_upgrade_to_h2c_among_others_is_one_that_nobody_offers()
    {
        RequestHead head = Parse("Connection: Upgrade\r\nUpgrade: websocket, H2C\r\n").IsAccepted();
        Assert.True(head.HasUpgrade);
    }

    [Theory]
    [InlineData("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n")]
    [InlineData("Connection: Upgrade\r\nUpgrade: H2C\r\n")]
    public void An_upgrade_to_h2c_is_dropped(string fields)
    {
        RequestHead head = Parse(fields).IsAccepted();
        Assert.False(head.HasUpgrade);
        Assert.False(head.Headers.Contains(KnownHeader.Upgrade));
        Assert.False(head.Headers.Contains(KnownHeader.Http2Settings));
        Assert.DoesNotContain("h2c", Wire.Write(head), StringComparison.OrdinalIgnoreCase);
    }
}
