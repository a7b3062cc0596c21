using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Frames;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>The attacks of spec edge 2b, by their ids: each ends the connection with the right error, soon enough and not too soon.</summary>
public sealed class FloodTests
{
    [Fact]
    public void H2_RR1_requests_that_are_reset_at_once()
    {
        Conversation client = Conversation.WithClient();
        int streams = Until(Http2Fault.RapidReset, client, i => Frame.Join(Frame.Headers(Id(i), Frame.Get, end: true), Frame.Reset(Id(i))));
        Assert.InRange(streams, 200, 1000);
        Assert.EndsWith("EnhanceYourCalm", client.Hear(), StringComparison.Ordinal);
    }

    [Fact]
    public void H2_RR2_requests_that_are_reset_by_the_hundred()
    {
        Conversation client = Conversation.WithClient();
        int rounds = Until(Http2Fault.RapidReset, client, i => Frame.Join(
            [.. Enumerable.Range(i * 100, 100).Select(n => Frame.Headers(Id(n), Frame.Post)), .. Enumerable.Range(i * 100, 100).Select(n => Frame.Reset(Id(n)))]));
        Assert.InRange(rounds, 1, 10);
    }

    [Fact]
    public void H2_RR3_requests_that_we_have_to_reset()
    {
        Conversation client = Conversation.WithClient();
        int streams = Until(Http2Fault.StreamErrorFlood, client, i => Frame.Headers(Id(i), Frame.Get, "X-Upper: v", end: true));
        Assert.InRange(streams, 20, 200);
        Assert.EndsWith("EnhanceYourCalm", client.Hear(), StringComparison.Ordinal);
    }

    [Fact]
    public void H2_RR4_a_browser_that_resets_now_and_then()
    {
        Conversation client = Conversation.WithClient();
        for (int i = 0; i < 10_000; i++)
        {
            client.Say(Frame.Headers(Id(i), Frame.Get, end: true));
            if (i % 20 == 0)
            {
                Assert.Equal($"Reset {Id(i)} Cancel", client.Say(Frame.Reset(Id(i))));
            }
            else
            {
                client.Answer(Id(i), 200);
            }

            client.Connection.Release(client.Stream(Id(i)));
        }
    }

    [Fact]
    public void H2_RR4_ten_resets_on_each_of_a_thousand_connections()
    {
        for (int connection = 0; connection < 1000; connection++)
        {
            Conversation client = Conversation.WithClient();
            for (int i = 0; i < 10; i++)
            {
                Assert.Equal($"Head {Id(i)} end: GET http a.test /\nReset {Id(i)} Cancel", client.Say(Frame.Headers(Id(i), Frame.Get, end: true), Frame.Reset(Id(i))));
            }

            Assert.Equal("Head 21 end: GET http a.test /", client.Say(Frame.Headers(21, Frame.Get, end: true)));
            Assert.Equal("", client.Hear());
        }
    }

    [Fact]
    public void Resets_of_old_streams_and_of_answered_ones_are_no_attack()
    {
        Conversation client = Conversation.WithClient();
        for (int i = 0; i < 2000; i++)
        {
            client.Say(Frame.Headers(Id(i), Frame.Post));
            if (i % 2 == 0)
            {
                client.Answer(Id(i), 200, "early");
            }

            client.Connection.NowMs += i % 2 == 0 ? 0 : 1000;
            Assert.Equal($"Reset {Id(i)} Cancel", client.Say(Frame.Reset(Id(i))));
            client.Connection.Release(client.Stream(Id(i)));
        }
    }

    [Theory]
    [InlineData(8, 0, "00000000")] // H2-MYR1: WINDOW_UPDATE of nothing
    [InlineData(2, 0, "00000000")] // H2-MYR2: PRIORITY of a wrong length
    [InlineData(8, 0, "7fffffff")] // H2-MYR4: WINDOW_UPDATE of too much
    [InlineData(1, 5, "82")] // H2-MYR5: HEADERS after the end
    [InlineData(0, 1, "61")] // H2-MYR6: DATA after the end
    public void H2_MYR_resets_that_we_are_made_to_send(int type, int flags, string payload)
    {
        Conversation client = Conversation.WithClient();
        int streams = Until(Http2Fault.StreamErrorFlood, client, i => Frame.Join(Frame.Headers(Id(i), Frame.Get, end: true), Frame.Of(type, flags, Id(i), payload)));
        Assert.InRange(streams, 20, 200);
    }

    [Fact]
    public void H2_MYR3_priority_on_itself_resets_nothing()
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal("Head 1 end: GET http a.test /", client.Say(Frame.Headers(1, Frame.Get, end: true), Frame.Of(2, 0, 1, "0000000110")));
    }

    [Fact]
    public void H2_CF1_a_field_block_without_end()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.OpenHeaders(1, Frame.Get));
        Assert.InRange(Until(Http2Fault.ContinuationFlood, client, _ => Frame.Continuation(1, new byte[16_384])), 1, 5);
        Assert.Equal("GOAWAY 0 EnhanceYourCalm", client.Hear());
    }

    [Fact]
    public void H2_CF2_a_field_block_without_end_in_tiny_pieces()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.OpenHeaders(1, Frame.Get));
        Assert.InRange(Until(Http2Fault.ContinuationFlood, client, _ => Frame.Continuation(1, [0])), 8, 32);
        Conversation other = Conversation.WithClient();
        other.Say(Frame.OpenHeaders(1, Frame.Get));
        Assert.Equal(2, Until(Http2Fault.EmptyFrameFlood, other, _ => Frame.Continuation(1, [])));
    }

    [Fact]
    public void H2_CF3_a_field_block_that_was_begun_is_told_from_an_idle_connection()
    {
        Conversation client = Conversation.WithClient();
        Assert.False(client.Connection.IsInsideFrame);
        client.Say(Frame.OpenHeaders(1, Frame.Get));
        Assert.True(client.Connection.IsInsideFrame);
    }

    [Fact]
    public void H2_HB1_a_large_entry_that_is_referenced_many_times()
    {
        Conversation client = Conversation.WithClient();
        byte[] entry = [0x40, 1, (byte)'a', 0x7F, 0x81, 0x1E, .. Enumerable.Repeat((byte)'x', 3968)];
        byte[] references = [.. Enumerable.Repeat((byte)0xBE, 50)];
        Assert.Equal("HeadTooLarge 1 HeadersTooLarge", client.Say(Frame.Of(1, 5, 1, [.. Frame.Block(Frame.Get), .. entry, .. references])));
        Assert.Equal("HEADERS 1 END | :status: 431", client.Answer(1, 431));
        Assert.Equal("Head 3 end: GET http a.test /", client.Say(Frame.Headers(3, Frame.Get, end: true)));
    }

    [Theory]
    [InlineData("x-f: v", 97)]
    [InlineData("cookie: a=1", 97)]
    [InlineData("a: ", 200)]
    public void H2_HB2_many_small_fields_or_cookie_crumbs(string field, int count)
    {
        Conversation client = Conversation.WithClient();
        string[] fields = [.. Frame.Get, .. Enumerable.Repeat(field, count)];
        Assert.Equal("HeadTooLarge 1 TooManyHeaders", client.Say(Frame.Headers(1, fields, end: true)));
        Assert.StartsWith("Head 3 end: ", client.Say(Frame.Headers(3, fields[..100], end: true)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(59_500, "Head 1 end: GET http a.test / | x-big: ")]
    [InlineData(64_000, "HeadTooLarge 1 HeadersTooLarge")]
    public void H2_HB2_a_field_list_of_so_many_bytes(int size, string expected)
    {
        byte[] block = Frame.Block([.. Frame.Get, $"x-big: {new string('v', size)}"]);
        byte[][] frames = [Frame.Of(1, 1, 1, block[..16_000]), .. Enumerable.Range(1, (block.Length - 1) / 16_000)
            .Select(i => Frame.Continuation(1, block[(i * 16_000)..Math.Min(block.Length, (i + 1) * 16_000)], isLast: (i + 1) * 16_000 >= block.Length))];
        Assert.StartsWith(expected, Conversation.WithClient().Say(frames), StringComparison.Ordinal);
    }

    [Fact]
    public void H2_HB2_trailers_have_the_same_limit_and_end_in_a_reset()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        Assert.Equal("StreamFailed 1 TooManyHeaders", client.Say(Frame.Trailers(1, [.. Enumerable.Repeat("x-t: 1", 200)])));
        Assert.StartsWith("Head 3", client.Say(Frame.Headers(3, Frame.Post)), StringComparison.Ordinal);
        Assert.StartsWith("Trailers 3", client.Say(Frame.Trailers(3, [.. Enumerable.Repeat("x-t: 1", 90)])), StringComparison.Ordinal);
    }

    [Fact]
    public void H2_F9511_window_updates_for_nothing()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        Assert.InRange(Until(Http2Fault.WindowUpdateFlood, client, _ => Frame.WindowUpdate(1, 1)), 50, 1000);
    }

    [Fact]
    public void H2_F9511_window_updates_for_what_was_sent_are_welcome()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        client.Answer(1, 200, "x", ["x-t: 1"]);
        client.Say(Frame.Headers(3, Frame.Get, end: true));
        client.Connection.SendHead(client.Stream(3), new ResponseHead { Status = 200 }, isEnd: false);
        for (int i = 0; i < 20_000; i++)
        {
            client.Write(3, "x");
            client.Hear();
            Assert.Equal("", client.Say(Frame.WindowUpdate(0, 1), Frame.WindowUpdate(3, 1)));
        }
    }

    [Fact]
    public void H2_F9512_pings_in_a_burst()
    {
        Conversation client = Conversation.WithClient();
        Assert.InRange(Until(Http2Fault.ControlFrameFlood, client, _ => Frame.Ping()), 900, 1010);
    }

    [Fact]
    public void H2_F9512_pings_now_and_then_for_ever()
    {
        Conversation client = Conversation.WithClient();
        for (int i = 0; i < 5000; i++)
        {
            client.Connection.NowMs += 100;
            client.Say(Frame.Ping());
            Assert.StartsWith("PING ACK", client.Hear(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void H2_F9513_priorities()
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal(101, Until(Http2Fault.PriorityFlood, client, _ => Frame.Of(2, 0, 7, "0000000010")));
    }

    [Fact]
    public void H2_F9514_frames_that_are_wrong_on_many_streams()
    {
        Conversation client = Conversation.WithClient();
        client.Say([.. Enumerable.Range(0, 100).Select(i => Frame.Headers(Id(i), Frame.Post))]);
        for (int i = 0; i < 100; i++)
        {
            client.Say(Frame.WindowUpdate(Id(i), 0));
        }

        Assert.Equal(1, Until(Http2Fault.StreamErrorFlood, client, i => Frame.Headers(Id(100 + i), Frame.Get, "Bad: v")));
    }

    [Fact]
    public void H2_F9515_settings_in_a_burst()
    {
        Conversation client = Conversation.WithClient();
        Assert.InRange(Until(Http2Fault.ControlFrameFlood, client, _ => Frame.Settings()), 900, 1010);
    }

    [Fact]
    public void H2_F9516_fields_without_a_name()
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal("StreamFailed 1 InvalidHeaderField", client.Say(Frame.Headers(1, [.. Frame.Get, .. Enumerable.Repeat("", 1000)], end: true)));
    }

    [Fact]
    public void H2_F9518_data_without_content()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        Assert.Equal(2, Until(Http2Fault.EmptyFrameFlood, client, _ => Frame.Data(1, "")));
    }

    [Fact]
    public void H2_F9518_data_of_one_byte_is_no_flood()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal("Data 1: x", client.Say(Frame.Data(1, "x")));
        }
    }

    [Fact]
    public void H2_FX1_settings_that_change_the_windows_again_and_again()
    {
        Conversation client = Conversation.WithClient();
        client.Say([.. Enumerable.Range(0, 100).Select(i => Frame.Headers(Id(i), Frame.Get, end: true))]);
        int rounds = Until(Http2Fault.IgnoredFrameFlood, client, i =>
        {
            client.Connection.NowMs += 100;
            client.Hear();
            return Frame.Settings((SettingId.InitialWindowSize, (uint)(i % 2 * 1000)));
        });
        Assert.InRange(rounds, 500, 10_000);
    }

    [Theory]
    [InlineData(0x16, 0, 0, "")]
    [InlineData(7, 0, 0, "0000000000000000")]
    [InlineData(6, 1, 0, "0102030405060708")]
    [InlineData(4, 1, 0, "")]
    public void H2_FX2_frames_that_are_ignored(int type, int flags, int stream, string payload)
    {
        Conversation client = Conversation.WithClient();
        Assert.InRange(Until(Http2Fault.IgnoredFrameFlood, client, _ => Frame.Of(type, flags, stream, payload)), 3001, 20_000);
    }

    [Fact]
    public void H2_FX3_many_requests_leave_nothing_behind()
    {
        Conversation client = Conversation.WithClient();
        for (int i = 0; i < 20_000; i++)
        {
            client.Say(Frame.Headers(Id(i), Frame.Get, end: true));
            client.Connection.SendHead(client.Stream(Id(i)), new ResponseHead { Status = 204 }, isEnd: true);
            client.Connection.Release(client.Stream(Id(i)));
            client.Hear();
        }

        Assert.Equal(0, client.Connection.StreamCount);
    }

    [Fact]
    public void Streams_beyond_the_limit_are_refused_and_after_many_the_connection_ends()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { MaxConcurrentStreams = 3 });
        client.Say(Frame.Headers(1, Frame.Post), Frame.Headers(3, Frame.Post), Frame.Headers(5, Frame.Post));
        Assert.Equal("StreamRefused", client.Say(Frame.Headers(7, Frame.Post)));
        Assert.Equal("RST_STREAM 7 RefusedStream", client.Hear());
        Assert.Equal(100, Until(Http2Fault.ProtocolViolation, client, i => Frame.Headers(9 + (2 * i), Frame.Post)));
    }

    private static int Id(int i) => (2 * i) + 1;

    // How often it can be said until the connection fails so.
    private static int Until(Http2Fault fault, Conversation client, Func<int, byte[]> say)
    {
        for (int i = 0; i < 100_000; i++)
        {
            string events = client.Say(say(i));
            if (events.Contains("Failed", StringComparison.Ordinal) && events.Split('\n')[^1].StartsWith("Failed", StringComparison.Ordinal))
            {
                Assert.EndsWith($"Failed {fault}", events, StringComparison.Ordinal);
                return i + 1;
            }
        }

        throw new InvalidOperationException("it went on for ever");
    }
}
