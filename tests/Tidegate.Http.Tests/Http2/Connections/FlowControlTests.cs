using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>Windows of both levels and both directions (RFC 9113 sections 5.2 and 6.9; spec edge H2-W1 to W4).</summary>
public sealed class FlowControlTests
{
    private static readonly string Long = new('x', 100_000);

    [Fact]
    public void A_body_is_sent_as_far_as_the_window_of_its_stream_goes()
    {
        Conversation client = Conversation.WithClient(settings: (SettingId.InitialWindowSize, 10));
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        client.Answer(1, 200);
        client.Say(Frame.Headers(3, Frame.Get, end: true));
        client.Connection.SendHead(client.Stream(3), new ResponseHead { Status = 200 }, isEnd: false);
        Assert.Equal(10, client.Write(3, "0123456789abcdef"));
        Assert.Equal("HEADERS 3 | :status: 200\nDATA 3 0123456789", client.Hear());
        Assert.Null(client.Connection.TakeWritable());
        client.Say(Frame.WindowUpdate(3, 3));
        Assert.Same(client.Stream(3), client.Connection.TakeWritable());
        Assert.Equal(3, client.Write(3, "abcdef", isEnd: true));
        Assert.Equal("DATA 3 abc", client.Hear());
    }

    [Fact]
    public void The_head_leaves_at_once_also_with_a_window_of_zero()
    {
        Conversation client = Conversation.WithClient(settings: (SettingId.InitialWindowSize, 0));
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        Assert.Equal("HEADERS 1 | :status: 200", client.Answer(1, 200, "hello"));
    }

    [Fact]
    public void H2_W3_settings_can_make_a_window_negative_and_open_it_again()
    {
        Conversation client = Conversation.WithClient(settings: (SettingId.InitialWindowSize, 10));
        Stream(client);
        Assert.Equal(10, client.Write(1, "0123456789ab"));
        client.Say(Frame.Settings((SettingId.InitialWindowSize, 3)), Frame.WindowUpdate(1, 7));
        Assert.Null(client.Connection.TakeWritable());
        client.Say(Frame.Settings((SettingId.InitialWindowSize, 4)));
        Assert.Same(client.Stream(1), client.Connection.TakeWritable());
        Assert.Equal(1, client.Write(1, "ab"));
    }

    [Fact]
    public void All_streams_share_the_window_of_the_connection_and_take_turns()
    {
        Conversation client = Conversation.WithClient(
            new Http2Limits { MaxOutputBytes = 1 << 20 }, settings: (SettingId.InitialWindowSize, 1 << 20));
        Stream(client, 1);
        Stream(client, 3);
        Assert.Equal(65_535, client.Write(1, Long));
        Assert.Equal(0, client.Write(3, Long));
        client.Hear();
        client.Say(Frame.WindowUpdate(0, 100_000));

        // Each sends its turn, and the next one is the other.
        Assert.Same(client.Stream(1), client.Connection.TakeWritable());
        Assert.Equal(16_384, client.Write(1, Long));
        Assert.Same(client.Stream(3), client.Connection.TakeWritable());
        Assert.Equal(16_384, client.Write(3, Long));
        Assert.Same(client.Stream(1), client.Connection.TakeWritable());
    }

    [Fact]
    public void A_stream_does_not_pass_one_that_waits()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { MaxOutputBytes = 100 });
        Stream(client, 1);
        Stream(client, 3);
        Assert.InRange(client.Write(1, Long), 1, 100);
        client.Hear();
        Assert.Equal(0, client.Write(3, "x"));
        Assert.Same(client.Stream(1), client.Connection.TakeWritable());
        Assert.Same(client.Stream(3), client.Connection.TakeWritable());
        Assert.Null(client.Connection.TakeWritable());
    }

    [Fact]
    public void What_waits_to_be_sent_is_bounded()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { MaxOutputBytes = 5000 });
        Stream(client);
        Assert.InRange(client.Write(1, Long), 4900, 5000);
        Assert.True(client.Connection.OutputBytes <= 5000);
        Assert.Null(client.Connection.TakeWritable());
    }

    [Fact]
    public void A_stream_that_is_reset_does_not_wait_any_more()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { MaxOutputBytes = 100 });
        Stream(client);
        client.Write(1, Long);
        client.Hear();
        client.Say(Frame.Reset(1));
        Assert.Null(client.Connection.TakeWritable());
    }

    [Fact]
    public void The_peer_gets_room_again_when_a_body_was_consumed()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { ConnectionWindowBytes = 100_000 });
        client.Say(Frame.Headers(1, Frame.Post));
        client.Say(Frame.Data(1, Long[..16_000]), Frame.Data(1, Long[..16_000]));
        Assert.Equal("", client.Hear());
        client.Say(Frame.Data(1, Long[..16_000]));
        Assert.Equal("WINDOW_UPDATE 1 48000", client.Hear());
        client.Say(Frame.Data(1, Long[..16_000], end: true));
        Assert.Equal("WINDOW_UPDATE 0 64000", client.Hear());
    }

    [Fact]
    public void Padding_is_given_back_at_once()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { ConnectionWindowBytes = 65_535 }, isSlow: true);
        client.Say(Frame.Headers(1, Frame.Post));
        for (int i = 0; i < 140; i++)
        {
            client.Say(Frame.Of(0, 8, 1, [255, (byte)'x', .. new byte[255]]));
        }

        Assert.Equal("WINDOW_UPDATE 0 32768\nWINDOW_UPDATE 1 32768", client.Hear());
    }

    [Fact]
    public void More_than_a_stream_may_send_resets_it()
    {
        Conversation client = Conversation.WithClient(isSlow: true);
        client.Say(Frame.Headers(1, Frame.Post));
        byte[] piece = Frame.Data(1, Long[..16_384]);
        client.Say(piece, piece, piece, piece);
        Assert.Equal("StreamFailed 1 FlowControl", client.Say(Frame.Data(1, "x")));
        Assert.Equal("RST_STREAM 1 FlowControlError", client.Hear());
    }

    [Fact]
    public void More_than_the_connection_may_send_ends_it()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { ConnectionWindowBytes = 65_535 }, isSlow: true);
        client.Say(Frame.Headers(1, Frame.Post), Frame.Headers(3, Frame.Post));
        byte[] piece = Frame.Data(1, Long[..16_000]);
        client.Say(piece, piece, piece, piece);
        Assert.Equal("Failed FlowControl", client.Say(Frame.Data(3, Long[..2000])));
        Assert.Equal("GOAWAY 3 FlowControlError", client.Hear());
    }

    [Fact]
    public void What_nobody_reads_of_a_stream_that_was_reset_is_room_for_others()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { ConnectionWindowBytes = 65_535 }, isSlow: true);
        client.Say(Frame.Headers(1, Frame.Post), Frame.Data(1, Long[..16_000]), Frame.Data(1, Long[..16_000]), Frame.Reset(1));
        client.Connection.Release(client.Stream(1));
        client.Say(Frame.Data(1, Long[..1000]));
        Assert.Equal("WINDOW_UPDATE 0 33000", client.Hear());
    }

    [Theory]
    [InlineData(0u, Http2Fault.ProtocolViolation, "ProtocolError")]
    [InlineData(0x7FFFFFFFu, Http2Fault.FlowControl, "FlowControlError")]
    public void H2_W4_a_window_update_of_nothing_or_of_too_much_resets_the_stream(uint increment, Http2Fault fault, string code)
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        Assert.Equal($"StreamFailed 1 {fault}", client.Say(Frame.WindowUpdate(1, increment)));
        Assert.Equal($"RST_STREAM 1 {code}", client.Hear());
    }

    [Fact]
    public void H2_W4_a_window_of_the_connection_above_the_largest_ends_it() =>
        Assert.Equal("Failed FlowControl", Conversation.WithClient().Say(Frame.WindowUpdate(0, int.MaxValue)));

    [Fact]
    public void An_initial_window_above_the_largest_ends_the_connection() =>
        Assert.Equal("Failed FlowControl", Conversation.WithClient().Say(Frame.Settings((SettingId.InitialWindowSize, 0x80000000))));

    [Fact]
    public void Settings_that_open_the_window_of_a_stream_too_far_end_the_connection()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true), Frame.WindowUpdate(1, 0x7FFF0000));
        Assert.Equal("Failed FlowControl", client.Say(Frame.Settings((SettingId.InitialWindowSize, int.MaxValue))));
    }

    private static Http2Stream Stream(Conversation client, int id = 1)
    {
        client.Say(Frame.Headers(id, Frame.Get, end: true));
        client.Connection.SendHead(client.Stream(id), new ResponseHead { Status = 200 }, isEnd: false);
        client.Hear();
        return client.Stream(id);
    }
}
