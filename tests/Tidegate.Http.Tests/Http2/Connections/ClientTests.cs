using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Frames;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>The end that asks: requests to a server, and what a server may answer (RFC 9113 section 8).</summary>
public sealed class ClientTests
{
    [Fact]
    public void A_request_leaves_with_the_preface_before_the_server_has_spoken()
    {
        Conversation server = Conversation.WithServer();
        Assert.Equal(1, server.Ask());
        Assert.Equal("HEADERS 1 END | :authority: a.test | :path: / | :method: GET | :scheme: http", server.Hear());
        Assert.Equal(
            "Head 1: 200 | x-y: z\nData 1 end: hello",
            server.Say(Frame.Headers(1, [":status: 200", "x-y: z"]), Frame.Data(1, "hello", end: true)));
    }

    [Fact]
    public void What_an_HTTP_2_client_asked_goes_on_with_its_pseudo_header_fields_in_its_order()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, [":method: GET", ":path: /", ":scheme: https", ":authority: a.test", "x-y: z"], end: true));
        client.Say(Frame.Headers(3, [":path: /a", ":method: PUT", ":scheme: http", "host: a.test"], end: true));
        Conversation server = Conversation.WithServer();

        server.Ask(client.Stream(1).Request);
        Assert.Equal("HEADERS 1 END | :method: GET | :path: / | :scheme: https | :authority: a.test | x-y: z", server.Hear());
        server.Ask(client.Stream(3).Request);
        Assert.Equal("HEADERS 3 END | :path: /a | :method: PUT | :scheme: http | :authority: a.test", server.Hear());
    }

    [Fact]
    public void Interim_answers_and_trailers()
    {
        Conversation server = Conversation.WithServer();
        server.Ask();
        Assert.Equal(
            "Interim 1: 103 | link: x\nHead 1: 200\nData 1: a\nTrailers 1 | grpc-status: 0",
            server.Say(Frame.Headers(1, [":status: 103", "link: x"]), Frame.Headers(1, [":status: 200"]), Frame.Data(1, "a"), Frame.Trailers(1, "grpc-status: 0")));
    }

    [Theory]
    [InlineData("x: y")]
    [InlineData(":status: 20")]
    [InlineData(":status: 1000")]
    [InlineData(":status: abc")]
    [InlineData(":status: 101")]
    [InlineData(":status: 200|:status: 200")]
    [InlineData("x: y|:status: 200")]
    [InlineData(":status: 200|:path: /")]
    [InlineData(":status: 200|X-Upper: v")]
    [InlineData(":status: 200|x-v: a\r\nb")]
    [InlineData(":status: 200|x-v: a\0b")]
    [InlineData(":status: 200|connection: close")]
    [InlineData(":status: 200|transfer-encoding: chunked")]
    [InlineData(":status: 200|content-length: 1|content-length: 1")]
    [InlineData(":status: 200|content-length: x")]
    public void A_malformed_answer_resets_the_stream(string fields)
    {
        Conversation server = Conversation.WithServer();
        server.Ask();
        server.Ask();
        Assert.StartsWith("StreamFailed 1 ", server.Say(Frame.Headers(1, fields.Split('|'))), StringComparison.Ordinal);
        server.Hear();
        Assert.Equal(5, server.Ask());
    }

    [Fact]
    public void A_malformed_answer_that_nobody_waits_beside_ends_the_connection()
    {
        Conversation server = Conversation.WithServer();
        server.Ask();
        server.Hear();
        Assert.Equal("Failed InvalidHeaderField", server.Say(Frame.Headers(1, ["x: y", ":status: 200"])));
        Assert.Equal("GOAWAY 0 ProtocolError", server.Hear());
    }

    [Fact]
    public void An_interim_answer_does_not_end_a_stream()
    {
        Conversation server = Conversation.WithServer();
        server.Ask();
        server.Ask();
        Assert.Equal("StreamFailed 1 MessagingViolation", server.Say(Frame.Headers(1, [":status: 103"], end: true)));
    }

    [Theory]
    [InlineData("GET", "204")]
    [InlineData("GET", "304")]
    [InlineData("HEAD", "200")]
    public void An_answer_that_has_no_body_has_no_data(string method, string status)
    {
        Conversation server = Conversation.WithServer();
        server.Ask(method);
        Assert.Equal($"Head 1: {status} | content-length: 5", server.Say(Frame.Headers(1, [$":status: {status}", "content-length: 5"])));
        Assert.Equal("StreamFailed 1 ContentLengthMismatch", server.Say(Frame.Data(1, "hello", end: true)));
    }

    [Fact]
    public void An_answer_that_has_no_body_may_end_with_empty_data()
    {
        Conversation server = Conversation.WithServer();
        server.Ask("HEAD");
        Assert.Equal("Head 1: 200 | content-length: 5\nData 1 end:", server.Say(Frame.Headers(1, [":status: 200", "content-length: 5"]), Frame.Data(1, "", end: true)));
    }

    [Fact]
    public void Data_before_the_head_resets_the_stream()
    {
        Conversation server = Conversation.WithServer();
        server.Ask();
        server.Ask();
        Assert.Equal("StreamFailed 1 MessagingViolation", server.Say(Frame.Data(1, "x")));
    }

    [Fact]
    public void Frames_for_streams_that_were_not_asked_for_end_the_connection()
    {
        Assert.Equal("Failed ProtocolViolation", Conversation.WithServer().Say(Frame.Headers(1, [":status: 200"])));
        Assert.Equal("Failed ProtocolViolation", Conversation.WithServer().Say(Frame.Headers(2, [":status: 200"])));
        Assert.Equal("Failed ProtocolViolation", Conversation.WithServer().Say(Frame.Of(5, 4, 1, "0000000288")));
        Assert.Equal("Failed ProtocolViolation", Conversation.WithServer().Say(Frame.Settings((SettingId.EnablePush, 1))));
    }

    [Fact]
    public void The_server_says_how_many_streams_it_takes()
    {
        Conversation server = Conversation.WithServer(settings: (SettingId.MaxConcurrentStreams, 1));
        server.Ask();
        Assert.False(server.Connection.CanOpenStream);
        server.Say(Frame.Headers(1, [":status: 204"], end: true));
        server.Connection.Release(server.Stream(1));
        Assert.True(server.Connection.CanOpenStream);
    }

    [Fact]
    public void No_stream_is_begun_after_the_server_goes_away()
    {
        Conversation server = Conversation.WithServer();
        server.Ask();
        Assert.Equal("GoAway 0 NoError", server.Say(Frame.GoAway()));
        Assert.False(server.Connection.CanOpenStream);
        Assert.Equal("Reset 1 RefusedStream", server.Say(Frame.Reset(1, Http2ErrorCode.RefusedStream)));
    }

    [Fact]
    public void A_ping_of_ours_is_answered_or_not()
    {
        Conversation server = Conversation.WithServer();
        server.Connection.SendPing(new byte[8]);
        Assert.True(server.Connection.IsPingUnanswered);
        Assert.Equal("PING 0000000000000000", server.Hear());
        Assert.Equal("Pong", server.Say(Frame.Of(6, 1, 0, "0000000000000000")));
        Assert.False(server.Connection.IsPingUnanswered);
    }

    [Fact]
    public void The_server_says_whether_it_takes_extended_connect()
    {
        Assert.False(Conversation.WithServer().Connection.PeerAllowsExtendedConnect);
        Assert.True(Conversation.WithServer(settings: (SettingId.EnableConnectProtocol, 1)).Connection.PeerAllowsExtendedConnect);
    }

    [Fact]
    public void A_body_and_trailers_are_sent()
    {
        Conversation server = Conversation.WithServer();
        server.Ask("POST", isEnd: false);
        server.Write(1, "hello");
        server.Connection.SendTrailers(server.Stream(1), new Tidegate.Http.Headers.HeaderMap());
        Assert.Equal("HEADERS 1 | :authority: a.test | :path: / | :method: POST | :scheme: http\nDATA 1 hello\nDATA 1 END", server.Hear());
    }
}
