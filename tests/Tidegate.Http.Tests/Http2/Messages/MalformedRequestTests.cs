using Tidegate.Http.Http2;

namespace Tidegate.Http.Tests.Http2.Messages;

/// <summary>
/// Requests that are malformed (RFC 9113 section 8.1.1; spec edge H2-DG1 to H2-DG16): the stream is reset, nothing of it is announced, and the connection goes on.
/// </summary>
public sealed class MalformedRequestTests
{
    [Theory]
    [InlineData("X-Upper: v")]
    [InlineData("x y: v")]
    [InlineData("x\ty: v")]
    [InlineData("x:y: v")]
    [InlineData("x\r\ny: v")]
    [InlineData("x\0y: v")]
    [InlineData("x\u007f: v")]
    [InlineData("x\u0080: v")]
    [InlineData("x\ry: v")]
    [InlineData("x\ny: v")]
    [InlineData("x\u00ff: v")]
    [InlineData("x): v")]
    [InlineData("x[: v")]
    [InlineData("x{: v")]
    [InlineData("x;y: v")]
    [InlineData("x,y: v")]
    [InlineData("x=y: v")]
    [InlineData("x?: v")]
    [InlineData("x\"y: v")]
    [InlineData("x(y): v")]
    [InlineData("x/y: v")]
    [InlineData("x@y: v")]
    [InlineData("")]
    [InlineData("transfer-encoding\r\nx: chunked")]
    [InlineData("x-v: a\0b")]
    [InlineData("x-v: a\rb")]
    [InlineData("x-v: a\nb")]
    [InlineData("x-v: a\r\nb: c")]
    [InlineData("x-v: a\u0001b")]
    [InlineData("x-v: a\u001fb")]
    [InlineData("x-v: \0")]
    [InlineData("x-v: \r\n")]
    [InlineData("x-v: a\t \t")]
    [InlineData("x-v: a\u007fb")]
    [InlineData("x-v:  a")]
    [InlineData("x-v: a ")]
    [InlineData("x-v: \ta")]
    [InlineData("x-v: a\t")]
    [InlineData("connection: close")]
    [InlineData("keep-alive: timeout=5")]
    [InlineData("proxy-connection: x")]
    [InlineData("transfer-encoding: chunked")]
    [InlineData("transfer-encoding: identity")]
    [InlineData("upgrade: websocket")]
    [InlineData("te: gzip")]
    [InlineData("te: trailers, gzip")]
    [InlineData("te: ")]
    [InlineData("te: trailers;q=1")]
    [InlineData("te: trailers, trailers")]
    [InlineData("te: identity")]
    [InlineData("connection: ")]
    [InlineData("connection: x-v")]
    [InlineData("transfer-encoding: ")]
    [InlineData("upgrade: h2c")]
    [InlineData("host: a.test\r\nx: y")]
    [InlineData("host: user@a.test")]
    [InlineData("host: ")]
    [InlineData("host: a.test:x")]
    [InlineData("host: a.test/x")]
    [InlineData("host: [::1")]
    [InlineData("host: a test")]
    [InlineData(":foo: x")]
    [InlineData(":: x")]
    [InlineData(":status: 200")]
    [InlineData(":Method: GET")]
    [InlineData(":path: /again")]
    [InlineData(":protocol: websocket")]
    [InlineData("content-length: +3")]
    [InlineData("content-length: 3, 3")]
    [InlineData("content-length: abc")]
    [InlineData("content-length: -1")]
    [InlineData("content-length: 0x3")]
    [InlineData("content-length: 3 ")]
    [InlineData("content-length: ")]
    [InlineData("content-length:  3")]
    [InlineData("content-length: 3;")]
    [InlineData("content-length: 3\0")]
    [InlineData("content-length: \t3")]
    [InlineData("content-length: 1e3")]
    [InlineData("content-length: 18446744073709551616")]
    [InlineData("content-length: \u0663")]
    [InlineData("content-length: 9223372036854775808")]
    [InlineData("content-length: 99999999999999999999")]
    public void A_field_that_may_not_be_there(string field) => IsRefused(Http2Fault.InvalidHeaderField, [.. Frame.Get, field]);

    [Theory]
    [InlineData("te: trailers", "te: gzip")]
    [InlineData("host: a.test", "host: a.test")]
    [InlineData("content-length: 0", "content-length: 0")]
    [InlineData("accept: a", ":path: /late")]
    public void A_field_that_may_not_follow_another(string first, string second) => IsRefused(Http2Fault.InvalidHeaderField, [.. Frame.Get, first, second]);

    [Theory]
    [InlineData(":method: ")]
    [InlineData(":method: GET /admin HTTP/1.1")]
    [InlineData(":method: GET\r\nx: y")]
    [InlineData(":method: G:T")]
    [InlineData(":method: G/T")]
    [InlineData(":method: GET\r")]
    [InlineData(":method: \"GET\"")]
    [InlineData(":method: GET,POST")]
    [InlineData(":method: \t")]
    [InlineData(":method: G\u0080T")]
    [InlineData(":scheme: ")]
    [InlineData(":scheme: 1http")]
    [InlineData(":scheme: http:")]
    [InlineData(":scheme: http\r\n")]
    [InlineData(":scheme: ht tp")]
    [InlineData(":scheme: http\0")]
    [InlineData(":scheme: \u00e9")]
    [InlineData(":scheme: http ")]
    [InlineData(":scheme: http://evil/?")]
    [InlineData(":path: ")]
    [InlineData(":path: /a b")]
    [InlineData(":path: /a\tb")]
    [InlineData(":path: /a\rb")]
    [InlineData(":path: /a\nb")]
    [InlineData(":path: /a\u001fb")]
    [InlineData(":path:  /")]
    [InlineData(":path: / HTTP/1.1\r\nx: y")]
    [InlineData(":path: /a\r\nb")]
    [InlineData(":path: /a\0b")]
    [InlineData(":path: /a\u007fb")]
    [InlineData(":authority: ")]
    [InlineData(":authority: user@a.test")]
    [InlineData(":authority: a test")]
    [InlineData(":authority: a.test\r\n")]
    [InlineData(":authority: a.test\0")]
    [InlineData(":authority: a.test/x")]
    [InlineData(":authority: a.test?x")]
    [InlineData(":authority: a.test#x")]
    [InlineData(":authority: a.test\u0080")]
    [InlineData(":authority: a.test:x")]
    [InlineData(":authority: a.test:80:80")]
    [InlineData(":authority: [::1")]
    [InlineData(":authority: a\\b")]
    [InlineData(":authority: a[b")]
    [InlineData(":authority: :80")]
    [InlineData(":authority: @a.test")]
    [InlineData(":authority: a.test:-1")]
    [InlineData(":authority: a.test:+80")]
    [InlineData(":authority:  a.test")]
    [InlineData(":authority: a.test:")]
    [InlineData(":authority: a.test:99999")]
    public void A_pseudo_header_field_with_a_value_that_it_cannot_have(string field) => IsRefused(Http2Fault.InvalidHeaderField, Replacing(field));

    [Theory]
    [InlineData(":path: x")]
    [InlineData(":path: http://a.test/")]
    [InlineData(":path: ?x")]
    [InlineData(":path: a.test:80")]
    [InlineData(":path: https://a.test/x")]
    [InlineData(":path: %2f")]
    [InlineData(":path: ./x")]
    [InlineData(":path: *")]
    [InlineData(":scheme: ftp")]
    [InlineData(":scheme: ht+tp")]
    [InlineData(":scheme: ws")]
    [InlineData(":scheme: httpss")]
    public void A_target_that_is_none(string field) => IsRefused(Http2Fault.MessagingViolation, Replacing(field));

    [Theory]
    [InlineData(":method")]
    [InlineData(":scheme")]
    [InlineData(":path")]
    [InlineData(":authority")]
    public void A_request_that_lacks_something(string name) =>
        IsRefused(Http2Fault.MessagingViolation, [.. Frame.Get.Where(field => !field.StartsWith(name, StringComparison.Ordinal))]);

    [Fact]
    public void A_request_without_a_field() => IsRefused(Http2Fault.MessagingViolation, []);

    [Fact]
    public void Connect_without_authority_or_with_a_path()
    {
        IsRefused(Http2Fault.MessagingViolation, [":method: CONNECT"]);
        IsRefused(Http2Fault.MessagingViolation, [":method: CONNECT", ":scheme: http", ":path: /", ":authority: a.test:80"]);
    }

    [Fact]
    public void Extended_connect_where_it_is_not_allowed_or_not_whole()
    {
        string[] whole = [":method: CONNECT", ":protocol: websocket", ":scheme: http", ":path: /", ":authority: a.test"];
        IsRefused(Http2Fault.InvalidHeaderField, whole);
        Http2Limits allowed = new() { AllowExtendedConnect = true };
        IsRefused(Http2Fault.MessagingViolation, [.. whole.Where(f => !f.StartsWith(":path", StringComparison.Ordinal))], allowed);
        IsRefused(Http2Fault.InvalidHeaderField, [":method: GET", .. whole[1..]], allowed);
        IsRefused(Http2Fault.InvalidHeaderField, [whole[0], ":protocol: web socket", .. whole[2..]], allowed);
    }

    [Fact]
    public void A_length_and_no_body() => IsRefused(Http2Fault.MessagingViolation, [.. Frame.Get, "content-length: 3"]);

    [Theory]
    [InlineData("abcd", true)]
    [InlineData("abcd", false)]
    [InlineData("ab", true)]
    public void A_body_of_another_length(string body, bool end)
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post, "content-length: 3"));
        Assert.Equal("StreamFailed 1 ContentLengthMismatch", client.Say(Frame.Data(1, body, end)));
        Assert.Equal("RST_STREAM 1 ProtocolError", client.Hear());
    }

    [Fact]
    public void A_body_that_follows_the_length_that_was_told()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post, "content-length: 3"));
        Assert.Equal("Data 1: abc", client.Say(Frame.Data(1, "abc")));
        Assert.Equal("StreamFailed 1 ContentLengthMismatch", client.Say(Frame.Data(1, "def")));
    }

    [Fact]
    public void A_length_that_is_not_reached_at_the_trailers()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post, "content-length: 3"), Frame.Data(1, "ab"));
        Assert.Equal("StreamFailed 1 ContentLengthMismatch", client.Say(Frame.Trailers(1, "x-t: 1")));
    }

    [Theory]
    [InlineData(":path: /", Http2Fault.InvalidHeaderField)]
    [InlineData(":status: 200", Http2Fault.InvalidHeaderField)]
    [InlineData("X-Upper: v", Http2Fault.InvalidHeaderField)]
    [InlineData("connection: close", Http2Fault.InvalidHeaderField)]
    [InlineData("transfer-encoding: chunked", Http2Fault.InvalidHeaderField)]
    [InlineData("te: trailers", Http2Fault.InvalidHeaderField)]
    [InlineData("x-v: a\r\nb", Http2Fault.InvalidHeaderField)]
    [InlineData("content-length: 3", Http2Fault.MessagingViolation)]
    [InlineData("host: b.test", Http2Fault.MessagingViolation)]
    [InlineData("x-forwarded-for: 9.9.9.9", Http2Fault.MessagingViolation)]
    [InlineData("authorization: x", Http2Fault.MessagingViolation)]
    [InlineData("x-envoy-original-path: /x", Http2Fault.MessagingViolation)]
    public void Trailers_with_a_field_that_no_message_may_have(string field, Http2Fault expected)
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post), Frame.Data(1, "abc"));
        Assert.Equal($"StreamFailed 1 {expected}", client.Say(Frame.Trailers(1, field)));
        Assert.Equal("RST_STREAM 1 ProtocolError", client.Hear());
    }

    [Fact]
    public void Trailers_that_do_not_end_the_stream()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        Assert.Equal("StreamFailed 1 MessagingViolation", client.Say(Frame.Headers(1, ["x-t: 1"])));
    }

    [Fact]
    public void DG15_trailers_that_mean_nothing_behind_a_body_are_dropped()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post), Frame.Data(1, "abc"));
        Assert.Equal(
            "Trailers 1 | x-t: 1",
            client.Say(Frame.Trailers(1, "content-type: text/plain", "access-control-allow-origin: *", "x_t: 1", "x-t: 1")));
    }

    private static string[] Replacing(string field) =>
        [.. Frame.Get.Select(one => one.StartsWith(field[..(field.IndexOf(": ", StringComparison.Ordinal) + 1)], StringComparison.Ordinal) ? field : one)];

    private static void IsRefused(Http2Fault fault, string[] fields, Http2Limits? limits = null)
    {
        Conversation client = Conversation.WithClient(limits);
        Assert.Equal($"StreamFailed 1 {fault}", client.Say(Frame.Headers(1, fields, end: true)));
        Assert.False(client.Stream(1).IsAnnounced);
        Assert.Equal("RST_STREAM 1 ProtocolError", client.Hear());
        Assert.Equal("Head 3 end: GET http a.test /", client.Say(Frame.Headers(3, Frame.Get, end: true)));
    }
}
