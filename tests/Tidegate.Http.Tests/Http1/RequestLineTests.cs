using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

public sealed class RequestLineTests
{
    private static RequestOutcome Parse(string line) => Wire.Request(line + "\r\nhost: a\r\n\r\n");

    [Fact]
    public void A_plain_request_is_read()
    {
        RequestOutcome outcome = Wire.Request("GET /api/catalog?x=1 HTTP/1.1\r\nHost: webapp.istioinaction.io\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\nrest");
        Assert.Equal(
            "Http11 Get GET [/api/catalog?x=1] [/api/catalog] [webapp.istioinaction.io] [] None -1 True False False\nuser-agent: curl/8\naccept: */*\n",
            Wire.Show(outcome.IsAccepted()));
        Assert.Equal("GET /api/catalog?x=1 HTTP/1.1\r\nHost: webapp.istioinaction.io\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n".Length, outcome.Consumed);
    }

    [Theory]
    [InlineData("GET", KnownMethod.Get)]
    [InlineData("HEAD", KnownMethod.Head)]
    [InlineData("POST", KnownMethod.Post)]
    [InlineData("PUT", KnownMethod.Put)]
    [InlineData("DELETE", KnownMethod.Delete)]
    [InlineData("OPTIONS", KnownMethod.Options)]
    [InlineData("TRACE", KnownMethod.Trace)]
    [InlineData("PATCH", KnownMethod.Patch)]
    [InlineData("PROPFIND", KnownMethod.Other)]
    [InlineData("VERSION-CONTROL", KnownMethod.Other)]
    [InlineData("MSEARCH", KnownMethod.Other)]
    public void Methods_are_tokens_with_case(string name, KnownMethod method)
    {
        RequestHead head = Parse($"{name} / HTTP/1.1").IsAccepted();
        Assert.Equal(method, head.Method);
        Assert.Equal(name, Wire.Text(head.MethodName));
    }

    // As with Envoy (security-envoy.md 4, "methods").
    [Theory]
    [InlineData("get")]
    [InlineData("put")]
    [InlineData("TRACK")]
    [InlineData("XDELETE")]
    [InlineData("GETT")]
    public void Methods_that_are_in_no_registry_are_refused_unless_they_are_wanted(string name)
    {
        Parse($"{name} / HTTP/1.1").IsRefused(Http1ErrorCode.InvalidMethod);

        RequestHead head = Wire.Request($"{name} / HTTP/1.1\r\nHost: a\r\n\r\n", Http1Limits.Default with { AcceptCustomMethods = true }).IsAccepted();
        Assert.Equal((KnownMethod.Other, name), (head.Method, Wire.Text(head.MethodName)));
    }

    [Theory]
    [InlineData("G(T / HTTP/1.1")]
    [InlineData("G\tT / HTTP/1.1")]
    [InlineData("G\u00c9T / HTTP/1.1")]
    [InlineData("GET: / HTTP/1.1")]
    [InlineData("{GET} / HTTP/1.1")]
    public void A_method_that_is_no_token_is_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidMethod);

    [Theory]
    [InlineData("GET  / HTTP/1.1")]
    [InlineData("GET /  HTTP/1.1")]
    [InlineData(" GET / HTTP/1.1")]
    [InlineData("GET / HTTP/1.1 ")]
    [InlineData("GET / x HTTP/1.1")]
    [InlineData("GET /a b c HTTP/1.1")]
    [InlineData("GET")]
    [InlineData("GET HTTP/1.1")]
    [InlineData("GET  HTTP/1.1")]
    [InlineData("host:")]
    public void Extra_or_missing_words_are_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidRequestLine);

    [Theory]
    [InlineData("GET\t/\tHTTP/1.1")]
    [InlineData("GET /\tHTTP/1.1")]
    [InlineData("GET\t/ HTTP/1.1")]
    public void A_tab_does_not_separate_words(string line) => Assert.Equal(ParseResult.Invalid, Parse(line).Result);

    [Theory]
    [InlineData("GET /a\tb HTTP/1.1")]
    [InlineData("GET /\u00fc HTTP/1.1")]
    [InlineData("GET /\u0080 HTTP/1.1")]
    [InlineData("GET \u00ff HTTP/1.1")]
    public void Tabs_and_high_bytes_in_the_target_are_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidTarget);

    [Theory]
    [InlineData("GET /\0 HTTP/1.1")]
    [InlineData("GET /\u0001 HTTP/1.1")]
    [InlineData("GET /\u007f HTTP/1.1")]
    [InlineData("\u0016\u0003\u0001\u0002")]
    [InlineData("GE\0T / HTTP/1.1")]
    public void Control_characters_are_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.ControlCharacter);

    [Theory]
    [InlineData("GET /")]
    [InlineData("GET /index.html")]
    public void HTTP_0_9_is_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.MissingVersion);

    [Theory]
    [InlineData("GET / http/1.1")]
    [InlineData("GET / Http/1.1")]
    [InlineData("GET / HTTP/1")]
    [InlineData("GET / HTTP/1.10")]
    [InlineData("GET / HTTP/11.1")]
    [InlineData("GET / HTTP/1,1")]
    [InlineData("GET / HTTP/1.x")]
    [InlineData("GET / HTTPS/1.1")]
    [InlineData("GET / HTTP-1.1")]
    [InlineData("GET / ICY/1.1")]
    [InlineData("GET / FOO")]
    public void A_malformed_version_is_refused(string line) => Parse(line).IsRefused(Http1ErrorCode.InvalidVersion);

    [Theory]
    [InlineData("GET / HTTP/2.0")]
    [InlineData("GET / HTTP/1.2")]
    [InlineData("GET / HTTP/0.9")]
    [InlineData("GET / HTTP/3.0")]
    [InlineData("GET / HTTP/9.9")]
    public void Another_version_is_not_supported(string line) => Parse(line).IsRefused(Http1ErrorCode.UnsupportedVersion, 505);

    [Fact]
    public void The_HTTP_2_preface_is_told_apart_and_left_unconsumed()
    {
        RequestOutcome outcome = Wire.Request("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        outcome.IsRefused(Http1ErrorCode.Http2Preface, 505);
        Assert.Equal(0, outcome.Consumed);
    }

    [Fact]
    public void HTTP_1_0_is_answered_with_426_unless_accepted()
    {
        RequestOutcome outcome = Wire.Request("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
        outcome.IsRefused(Http1ErrorCode.LowVersion, 426);
        Assert.Equal("low_version", outcome.Error.Detail);
        Assert.Equal("Upgrade Required"u8, outcome.Error.Body);
        Assert.False(outcome.Error.IsDownstreamProtocolError);
    }

    [Fact]
    public void An_accepted_HTTP_1_0_request_closes_unless_it_asks_and_may_get_a_default_host()
    {
        Wire.Request("GET / HTTP/1.0\r\n\r\n", new Http1Limits { AcceptHttp10 = true }).IsRefused(Http1ErrorCode.MissingHost);
        Http1Limits limits = new() { AcceptHttp10 = true, DefaultHostForHttp10 = "default.example" };
        RequestHead head = Wire.Request("GET / HTTP/1.0\r\n\r\n", limits).IsAccepted();
        Assert.Equal(HttpVersion.Http10, head.Version);
        Assert.False(head.KeepAlive);
        Assert.Equal("default.example", Wire.Text(head.Authority));
        Assert.True(Wire.Request("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", limits).IsAccepted().KeepAlive);
        Assert.False(Wire.Request("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", limits).IsAccepted().KeepAlive);
    }

    [Fact]
    public void One_empty_line_before_the_request_is_skipped_and_does_not_start_it()
    {
        Wire.Request("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n").IsAccepted();

        Http1RequestParser parser = new(Http1Limits.Default);
        RequestHead head = new();
        Assert.False(parser.HasStarted);
        Assert.Equal(ParseResult.NeedMore, parser.Parse("\r\n"u8, head, out int consumed));
        Assert.Equal(2, consumed);
        Assert.False(parser.HasStarted);
        Assert.Equal(ParseResult.NeedMore, parser.Parse("G"u8, head, out consumed));
        Assert.Equal(0, consumed);
        Assert.True(parser.HasStarted);
    }

    [Theory]
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")]
    [InlineData("\r\n\r\n\r\n")]
    public void A_second_empty_line_is_refused(string text) => Wire.Request(text).IsRefused(Http1ErrorCode.EmptyLineBeforeRequest);

    [Theory]
    [InlineData("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Http1ErrorCode.BareLineFeed)]
    [InlineData("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("GET / HTTP/1.1\nHost: a\r\n\r\n", Http1ErrorCode.BareLineFeed)]
    [InlineData("GET / HTTP/1.1\rHost: a\r\n\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("GET /\rx HTTP/1.1\r\nHost: a\r\n\r\n", Http1ErrorCode.BareCarriageReturn)]
    [InlineData("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", Http1ErrorCode.BareCarriageReturn)]
    public void Bare_line_ends_are_refused(string text, Http1ErrorCode code) => Wire.Request(text).IsRefused(code);

    [Fact]
    public void Junk_after_a_request_is_not_taken_for_part_of_it()
    {
        byte[] input = Wire.Bytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcJUNK\r\n\r\n");
        Http1RequestParser parser = new(Http1Limits.Default);
        RequestHead head = new();
        Assert.Equal(ParseResult.Complete, parser.Parse(input, head, out int consumed));
        Assert.Equal(ParseResult.Invalid, parser.Parse(input.AsSpan(consumed + 3), head, out _));
        Assert.Equal(Http1ErrorCode.InvalidRequestLine, parser.Error.Code);
    }

    [Fact]
    public void Pipelined_requests_come_out_one_by_one()
    {
        byte[] input = Wire.Bytes("GET /1 HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n\r\nGET /3 HTTP/1.1\r\nHost: c\r\n\r\n");
        Http1RequestParser parser = new(Http1Limits.Default);
        RequestHead head = new();
        int start = 0;
        List<string> seen = [];
        while (start < input.Length)
        {
            Assert.Equal(ParseResult.Complete, parser.Parse(input.AsSpan(start), head, out int consumed));
            start += consumed;
            seen.Add($"{Wire.Text(head.Path)} {Wire.Text(head.Authority)} {head.Headers.Count}");
        }

        Assert.Equal(["/1 a 1", "/2 b 0", "/3 c 0"], seen);
    }

    [Fact]
    public void An_invalid_request_stays_invalid_until_reset()
    {
        Http1RequestParser parser = new(Http1Limits.Default);
        RequestHead head = new();
        Assert.Equal(ParseResult.Invalid, parser.Parse("\n"u8, head, out _));
        Assert.Equal(ParseResult.Invalid, parser.Parse("GET / HTTP/1.1\r\nhost: a\r\n\r\n"u8, head, out _));
        parser.Reset();
        Assert.Equal(ParseResult.Complete, parser.Parse("GET / HTTP/1.1\r\nhost: a\r\n\r\n"u8, head, out _));
    }
}
