using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Frames;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>Frames that may not be, by type (RFC 9113 sections 3.4, 4 and 6; the cases of h2spec), and those that are ignored.</summary>
public sealed class FramingTests
{
    [Fact]
    public void A_connection_begins_with_the_settings_of_both()
    {
        Conversation client = Conversation.WithNobody();
        Assert.Equal("", client.Say(Frame.Preface, Frame.Settings()));
        Assert.Equal(
            "SETTINGS HeaderTableSize=4096 EnableConnectProtocol=0 MaxConcurrentStreams=100 InitialWindowSize=65536\nWINDOW_UPDATE 0 983041\nSETTINGS ACK",
            client.Hear());
    }

    [Fact]
    public void What_is_no_preface_is_not_answered()
    {
        Conversation client = Conversation.WithNobody();
        Assert.Equal("Failed ProtocolViolation", client.Say("PRI * HTTP/2.0\r\n\r\nGET / HTTP/1.1"u8.ToArray()));
        Assert.Equal("", client.Hear());
    }

    [Fact]
    public void A_preface_without_settings_fails()
    {
        Conversation client = Conversation.WithNobody();
        Assert.Equal("Failed ProtocolViolation", client.Say(Frame.Preface, Frame.Headers(1, Frame.Get, end: true)));
        Assert.EndsWith("GOAWAY 0 ProtocolError", client.Hear(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, 0, 0, "0102030405")] // SETTINGS of 5 bytes
    [InlineData(4, 1, 0, "000300000064")] // SETTINGS ACK with a payload
    [InlineData(6, 0, 0, "01020304050607")] // PING of 7 bytes
    [InlineData(6, 0, 0, "010203040506070809")]
    [InlineData(3, 0, 1, "000000")] // RST_STREAM of 3 bytes
    [InlineData(8, 0, 0, "000001")] // WINDOW_UPDATE of 3 bytes
    [InlineData(7, 0, 0, "00000000000000")] // GOAWAY of 7 bytes
    [InlineData(2, 0, 9, "00000000")] // PRIORITY of 4 bytes, on a stream that can't be reset
    [InlineData(1, 0x24, 3, "00000000")] // HEADERS too short for their priority
    [InlineData(1, 0x0C, 3, "")] // HEADERS without the length of their padding
    public void A_frame_of_a_length_that_its_type_cannot_have(int type, int flags, int stream, string payload) =>
        Fails(Http2Fault.FrameSize, Http2ErrorCode.FrameSizeError, Frame.Of(type, flags, stream, payload));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(0x16)]
    public void A_frame_that_is_longer_than_we_take(int type) =>
        Fails(Http2Fault.FrameSize, Http2ErrorCode.FrameSizeError, Frame.Of(type, 4, type == 4 ? 0 : 1, new byte[16_385]));

    [Theory]
    [InlineData(0, 0, 0, "61")] // DATA on stream 0
    [InlineData(0, 0, 9, "61")] // DATA on an idle stream
    [InlineData(0, 8, 1, "0561")] // padding longer than the frame
    [InlineData(0, 8, 1, "")] // padded, without its length
    [InlineData(1, 4, 0, "82")] // HEADERS on stream 0
    [InlineData(1, 4, 2, "82")] // HEADERS on a stream of the server
    [InlineData(1, 0x0C, 3, "0582")]
    [InlineData(2, 0, 0, "0000000010")] // PRIORITY on stream 0
    [InlineData(3, 0, 0, "00000008")] // RST_STREAM on stream 0
    [InlineData(3, 0, 9, "00000008")] // RST_STREAM on an idle stream
    [InlineData(4, 0, 1, "")] // SETTINGS on a stream
    [InlineData(5, 4, 1, "0000000282")] // PUSH_PROMISE
    [InlineData(6, 0, 1, "0102030405060708")] // PING on a stream
    [InlineData(7, 0, 1, "0000000000000000")] // GOAWAY on a stream
    [InlineData(8, 0, 0, "00000000")] // WINDOW_UPDATE by nothing
    [InlineData(8, 0, 9, "00000001")] // WINDOW_UPDATE on an idle stream
    [InlineData(9, 4, 1, "82")] // CONTINUATION alone
    [InlineData(4, 0, 0, "000200000002")] // ENABLE_PUSH 2
    [InlineData(4, 0, 0, "000500000064")] // MAX_FRAME_SIZE 100
    [InlineData(4, 0, 0, "000501000000")] // MAX_FRAME_SIZE 2^24
    [InlineData(4, 0, 0, "000800000002")] // ENABLE_CONNECT_PROTOCOL 2
    public void A_frame_where_it_may_not_be_or_with_what_it_cannot_say(int type, int flags, int stream, string payload) =>
        Fails(Http2Fault.ProtocolViolation, Http2ErrorCode.ProtocolError, Frame.Of(type, flags, stream, payload));

    [Theory]
    [InlineData(0, 1, 3, "61")]
    [InlineData(1, 5, 5, "82")]
    [InlineData(6, 0, 0, "0102030405060708")]
    [InlineData(9, 4, 5, "82")]
    [InlineData(0x16, 0, 0, "")]
    public void What_comes_between_the_pieces_of_a_field_block(int type, int flags, int stream, string payload)
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal("Failed ProtocolViolation", client.Say(Frame.OpenHeaders(3, Frame.Get), Frame.Of(type, flags, stream, payload)));
    }

    [Theory]
    [InlineData("80")]
    [InlineData("ff7f")]
    [InlineData("0081618162")]
    [InlineData("823f")]
    [InlineData("8220")]
    public void A_field_block_that_cannot_be_decoded(string block) =>
        Fails(Http2Fault.Compression, Http2ErrorCode.CompressionError, Frame.Of(1, 5, 3, block));

    [Fact]
    public void A_request_in_pieces_and_with_padding_and_priority_is_a_request()
    {
        byte[] block = Frame.Block(Frame.Get);
        Conversation client = Conversation.WithClient();
        Assert.Equal(
            "Head 1 end: GET http a.test /",
            client.Say(Frame.Of(1, 0x1 | 0x8 | 0x20, 1, [3, 0x80, 0, 0, 1, 255, .. block[..5], 0, 0, 0]), Frame.Continuation(1, block[5..20]), Frame.Continuation(1, block[20..], isLast: true)));
        Assert.Equal("Head 3: POST http a.test /\nData 3: abc\nData 3 end:", client.Say(Frame.Headers(3, Frame.Post), Frame.Of(0, 8, 3, "03616263aabbcc"), Frame.Of(0, 1, 3)));
    }

    [Theory]
    [InlineData(0x16, 0xFF, 0, "00")] // unknown types
    [InlineData(0x0A, 0, 0, "0000")] // ALTSVC
    [InlineData(0x0C, 0, 0, "00")] // ORIGIN
    [InlineData(0x10, 0, 0, "00000001")] // PRIORITY_UPDATE
    [InlineData(2, 0, 7, "0000000710")] // PRIORITY on itself
    [InlineData(6, 1, 0, "0102030405060708")] // PING ACK of nothing
    [InlineData(4, 1, 0, "")] // SETTINGS ACK of nothing
    [InlineData(4, 0, 0, "00ff00000001")] // unknown settings
    public void What_is_ignored(int type, int flags, int stream, string payload)
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal("Head 1 end: GET http a.test /", client.Say(Frame.Of(type, flags, stream, payload), Frame.Headers(1, Frame.Get, end: true)));
    }

    [Fact]
    public void Reserved_bits_and_unknown_flags_are_ignored()
    {
        byte[] headers = Frame.Of(1, 0xD5 & ~8, 1, Frame.Block(Frame.Get));
        headers[5] |= 0x80;
        Assert.Equal("Head 1 end: GET http a.test /", Conversation.WithClient().Say(headers));
    }

    [Fact]
    public void A_ping_is_answered_with_what_it_said()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Ping("a1b2c3d4e5f60718"));
        Assert.Equal("PING ACK a1b2c3d4e5f60718", client.Hear());
    }

    [Fact]
    public void Each_settings_frame_is_acknowledged()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Settings(), Frame.Settings((SettingId.MaxConcurrentStreams, 0)));
        Assert.Equal("SETTINGS ACK\nSETTINGS ACK", client.Hear());
    }

    [Fact]
    public void A_long_head_goes_out_in_several_frames()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        ResponseHead head = new() { Status = 200 };
        string value = new('x', 50_000);
        head.Headers.Add("x-long"u8, System.Text.Encoding.ASCII.GetBytes(value));
        client.Connection.SendHead(client.Stream(1), head, isEnd: true);
        Assert.Equal($"HEADERS 1 END++ | :status: 200 | x-long: {value}", client.Hear());
    }

    private static void Fails(Http2Fault fault, Http2ErrorCode code, byte[] frame)
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        string[] events = client.Say(frame).Split('\n');
        Assert.Equal($"Failed {fault}", events[^1]);
        Assert.Equal($"GOAWAY {client.Connection.LastPeerStreamId} {code}", client.Hear());
        Assert.Equal("Failed None", client.Say(Frame.Ping()));
    }
}
