using Tidegate.Http.Http2;

namespace Tidegate.Http.Tests.Http2.Messages;

/// <summary>Requests that are well formed, and what becomes of their fields (RFC 9113 section 8.3.1).</summary>
public sealed class RequestTests
{
    [Fact]
    public void A_request_is_its_pseudo_header_fields_and_its_fields() => Assert.Equal(
        "Head 1 end: GET http a.test / | accept: */*",
        Conversation.WithClient().Say(Frame.Headers(1, Frame.Get, "accept: */*", end: true)));

    [Theory]
    [InlineData("x_name: v", "x_name: v")]
    [InlineData("!#$%&'*+-.^`|~: v", "!#$%&'*+-.^`|~: v")]
    [InlineData("x-v: a\tb", "x-v: a\tb")]
    [InlineData("x-v: a\u00ffb", "x-v: a\u00ffb")]
    [InlineData("x-v: ", "x-v: ")]
    [InlineData("x-v: \u0080", "x-v: \u0080")]
    [InlineData("x-v: a b", "x-v: a b")]
    [InlineData("0: v", "0: v")]
    [InlineData("x..y: v", "x..y: v")]
    [InlineData("x-v: a:b:c", "x-v: a:b:c")]
    [InlineData("x-v: =?;,\\\"", "x-v: =?;,\\\"")]
    [InlineData("expect: 100-continue", "expect: 100-continue")]
    [InlineData("expect: anything", "expect: anything")]
    [InlineData("via: 1.1 z", "via: 1.1 z")]
    [InlineData("trailer: x-t", "trailer: x-t")]
    [InlineData("te: trailers", "te: trailers")]
    [InlineData("content-length: 0", "content-length: 0")]
    public void A_field_that_may_be_there_is_kept(string field, string kept) =>
        Assert.Equal($"Head 1 end: GET http a.test / | {kept}", Conversation.WithClient().Say(Frame.Headers(1, Frame.Get, field, end: true)));

    [Fact]
    public void Http2_settings_are_dropped() =>
        Assert.Equal("Head 1 end: GET http a.test /", Conversation.WithClient().Say(Frame.Headers(1, Frame.Get, "http2-settings: AAMAAABk", end: true)));

    [Theory]
    [InlineData("h", "host: a.test")]
    [InlineData("a.test", "host: a.test", ":authority: a.test")]
    [InlineData("a.test", "host: b.test", ":authority: a.test")]
    public void The_authority_wins_over_host_and_host_stands_in_for_it(string expected, string host, string? authority = null)
    {
        string[] fields = [":method: GET", ":scheme: http", ":path: /", .. authority is null ? (string[])[] : [authority], host];
        Assert.Equal($"Head 1 end: GET http {(expected == "h" ? "a.test" : expected)} /", Conversation.WithClient().Say(Frame.Headers(1, fields, end: true)));
    }

    [Fact]
    public void Pseudo_header_fields_come_in_any_order() => Assert.Equal(
        "Head 1 end: GET https a.test:8443 /x?y",
        Conversation.WithClient().Say(Frame.Headers(1, [":path: /x?y", ":authority: a.test:8443", ":scheme: HTTPS", ":method: GET"], end: true)));

    [Fact]
    public void Cookie_crumbs_become_one_cookie_in_the_place_of_the_first() => Assert.Equal(
        "Head 1 end: GET http a.test / | cookie: a=1; b=2; c=3 | x-y: z",
        Conversation.WithClient().Say(Frame.Headers(1, [.. Frame.Get, "cookie: a=1", "x-y: z", "cookie: b=2", "cookie: c=3"], end: true)));

    [Fact]
    public void Bytes_of_a_path_that_are_no_ascii_are_escaped() => Assert.Equal(
        "Head 1 end: GET http a.test /%C3%BC?%FF",
        Conversation.WithClient().Say(Frame.Headers(1, [":method: GET", ":scheme: http", ":path: /\u00c3\u00bc?\u00ff", ":authority: a.test"], end: true)));

    [Fact]
    public void Options_may_be_for_the_whole_server() => Assert.Equal(
        "Head 1 end: OPTIONS http a.test *",
        Conversation.WithClient().Say(Frame.Headers(1, [":method: OPTIONS", ":scheme: http", ":path: *", ":authority: a.test"], end: true)));

    [Fact]
    public void Connect_has_an_authority_only() =>
        Assert.Equal("Head 1: CONNECT  a.test:443 ", Conversation.WithClient().Say(Frame.Headers(1, [":method: CONNECT", ":authority: a.test:443"])));

    [Fact]
    public void Extended_connect_has_a_protocol_and_a_path_where_it_is_allowed()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { AllowExtendedConnect = true });
        Assert.Equal(
            "Head 1: CONNECT https a.test /chat (websocket) | sec-websocket-version: 13",
            client.Say(Frame.Headers(1, [":method: CONNECT", ":protocol: websocket", ":scheme: https", ":path: /chat", ":authority: a.test", "sec-websocket-version: 13"])));
    }

    [Theory]
    [InlineData("003", MessageFraming.ContentLength, 3)]
    [InlineData("9223372036854775807", MessageFraming.ContentLength, long.MaxValue)]
    [InlineData(null, MessageFraming.Chunked, -1)]
    public void The_length_of_a_body_is_known_or_not(string? length, MessageFraming framing, long expected)
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, length is null ? Frame.Post : [.. Frame.Post, $"content-length: {length}"]));
        Assert.Equal((framing, expected), (client.Stream(1).Request.Framing, client.Stream(1).Request.ContentLength));
    }

    [Theory]
    [InlineData(false, "Head 1 end: GET http a.test /")]
    [InlineData(true, "StreamFailed 1 UnderscoreInFieldName")]
    public void A_name_with_an_underscore_can_be_dropped_or_refused(bool rejects, string expected)
    {
        Http2Limits limits = new() { DropUnderscoreHeaders = !rejects, RejectUnderscoreHeaders = rejects };
        Assert.Equal(expected, Conversation.WithClient(limits).Say(Frame.Headers(1, Frame.Get, "x_name: v", end: true)));
    }
}
