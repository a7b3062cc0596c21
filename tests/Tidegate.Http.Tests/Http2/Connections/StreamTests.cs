using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>The life of a stream (RFC 9113 section 5.1), and frames that come too late.</summary>
public sealed class StreamTests
{
    [Fact]
    public void A_request_with_a_body_and_its_answer()
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal("Head 1: POST http a.test /\nData 1: ab\nData 1 end: c", client.Say(Frame.Headers(1, Frame.Post), Frame.Data(1, "ab"), Frame.Data(1, "c", end: true)));
        Assert.Equal(StreamState.HalfClosedRemote, client.Stream(1).State);
        Assert.Equal("HEADERS 1 | :status: 200\nDATA 1 END hello", client.Answer(1, 200, "hello"));
        Assert.Equal((StreamState.Closed, 0), (client.Stream(1).State, client.Connection.StreamCount));
    }

    [Fact]
    public void Trailers_of_both_sides()
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal("Head 1: POST http a.test /\nTrailers 1 | x-t: 1", client.Say(Frame.Headers(1, Frame.Post), Frame.Trailers(1, "x-t: 1")));
        Assert.Equal("HEADERS 1 | :status: 200\nDATA 1 hello\nHEADERS 1 END | grpc-status: 0", client.Answer(1, 200, "hello", ["grpc-status: 0"]));
    }

    [Fact]
    public void Trailers_of_which_none_may_be_sent_are_an_end_without()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        Assert.Equal("HEADERS 1 | :status: 200\nDATA 1 hello\nDATA 1 END", client.Answer(1, 200, "hello", ["content-length: 5"]));
    }

    [Fact]
    public void An_answer_before_the_request_has_ended_can_be_followed_by_a_reset()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        client.Answer(1, 200, "early");
        Assert.Equal(StreamState.HalfClosedLocal, client.Stream(1).State);
        client.Connection.Reset(client.Stream(1), Http2ErrorCode.NoError);
        Assert.Equal("RST_STREAM 1 NoError", client.Hear());
        Assert.Equal("Head 3 end: GET http a.test /", client.Say(Frame.Data(1, "on its way"), Frame.Trailers(1), Frame.Headers(3, Frame.Get, end: true)));
    }

    [Fact]
    public void A_reset_of_the_client_ends_a_stream_and_what_follows_is_ignored()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post));
        Assert.Equal("Reset 1 Cancel", client.Say(Frame.Reset(1)));
        Assert.Equal("", client.Say(Frame.Data(1, "late"), Frame.Trailers(1, "x-t: 1"), Frame.Reset(1), Frame.WindowUpdate(1, 5)));
        Assert.Equal("", client.Answer(1, 200, "nobody listens"));
    }

    [Fact]
    public void Interim_answers_precede_the_final_one()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        client.Connection.SendInterim(client.Stream(1), new ResponseHead { Status = 103 });
        Assert.Equal("HEADERS 1 | :status: 103\nHEADERS 1 END | :status: 204", client.Answer(1, 204));
    }

    [Fact]
    public void Data_after_the_end_of_the_request_is_a_stream_error()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        Assert.Equal("StreamFailed 1 StreamClosed", client.Say(Frame.Data(1, "more")));
        Assert.Equal("RST_STREAM 1 StreamClosed", client.Hear());
    }

    [Fact]
    public void A_head_after_the_end_of_the_request_is_a_stream_error()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        Assert.Equal("StreamFailed 1 StreamClosed", client.Say(Frame.Headers(1, Frame.Get, end: true)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_stream_that_both_have_ended_takes_no_head_and_no_data(bool isHead)
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        client.Answer(1, 200, "hello");
        Assert.Equal("Failed StreamClosed", client.Say(isHead ? Frame.Headers(1, Frame.Get, end: true) : Frame.Data(1, "x")));
        Assert.Equal("GOAWAY 1 StreamClosed", client.Hear());
    }

    [Fact]
    public void A_reset_or_a_window_update_of_a_stream_that_has_ended_is_ignored()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        client.Answer(1, 200, "hello");
        Assert.Equal("", client.Say(Frame.Reset(1), Frame.WindowUpdate(1, 5)));
        Assert.Equal("", client.Hear());
    }

    [Fact]
    public void A_number_below_one_that_was_used_is_a_connection_error()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(5, Frame.Get, end: true));
        Assert.Equal("Failed ProtocolViolation", client.Say(Frame.Headers(3, Frame.Get, end: true)));
        Assert.Equal("GOAWAY 5 ProtocolError", client.Hear());
    }

    [Fact]
    public void The_last_number_is_served()
    {
        Conversation client = Conversation.WithClient();
        Assert.Equal("Head 2147483647 end: GET http a.test /", client.Say(Frame.Headers(int.MaxValue, Frame.Get, end: true)));
        client.Answer(int.MaxValue, 200, "hello");
        Assert.Equal("Failed ProtocolViolation", client.Say(Frame.Headers(1, Frame.Get, end: true)));
    }

    [Fact]
    public void A_client_that_goes_away_is_served_to_the_end()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        Assert.Equal("GoAway 0 NoError\nHead 3 end: GET http a.test /", client.Say(Frame.GoAway(), Frame.Headers(3, Frame.Get, end: true)));
        Assert.Equal("HEADERS 1 | :status: 200\nDATA 1 END hello", client.Answer(1, 200, "hello"));
    }

    [Fact]
    public void Draining_serves_what_comes_until_it_ends_and_refuses_the_rest_without_harm()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true));
        client.Connection.BeginDrain();
        Assert.Equal("GOAWAY 2147483647 NoError", client.Hear());
        Assert.Equal("Head 3 end: GET http a.test /", client.Say(Frame.Headers(3, Frame.Get, end: true)));
        client.Connection.EndDrain();
        Assert.Equal("GOAWAY 3 NoError", client.Hear());
        Assert.Equal("", client.Say(Frame.Headers(5, Frame.Get, end: true)));
        Assert.Equal("HEADERS 3 | :status: 200\nDATA 3 END hello", client.Answer(3, 200, "hello"));
    }

    [Fact]
    public void A_stream_that_its_owner_still_holds_counts_as_one_at_work()
    {
        Conversation client = Conversation.WithClient(new Http2Limits { MaxConcurrentStreams = 1 }, isSlow: true);
        client.Say(Frame.Headers(1, Frame.Post), Frame.Reset(1));
        Assert.Equal("StreamRefused", client.Say(Frame.Headers(3, Frame.Get, end: true)));
        Assert.Equal("RST_STREAM 3 RefusedStream", client.Hear());
        client.Connection.Release(client.Stream(1));
        Assert.Equal("Head 5 end: GET http a.test /", client.Say(Frame.Headers(5, Frame.Get, end: true)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stream_that_was_let_go_of_is_nothing_to_its_connection_any_more_however_that_ended(bool isReleasedFirst)
    {
        Conversation client = Conversation.WithClient(isSlow: true);
        client.Say(Frame.Headers(1, Frame.Get, end: true), Frame.Headers(3, Frame.Post), Frame.Data(3, new string('x', 10_000)));
        client.Connection.SendHead(client.Stream(1), new ResponseHead { Status = 200 }, isEnd: false);
        SpendTheWindow(client);
        client.Connection.SendHead(client.Stream(3), new ResponseHead { Status = 200 }, isEnd: false);
        Assert.Equal(0, client.Write(3, "x"));
        client.Hear();
        Assert.Equal("Failed Compression", client.Say(Frame.Of(1, 4, 5, "80")));
        client.Hear();

        if (isReleasedFirst)
        {
            client.Connection.Release();
        }

        client.Connection.Release(client.Stream(1));
        client.Connection.Release(client.Stream(3));

        List<Http2Stream> streams = [];
        client.Connection.CopyStreams(streams);
        Assert.DoesNotContain(streams, stream => stream.Id < 5);
        Assert.Null(client.Connection.TakeWritable());
        int waiting = client.Connection.OutputBytes;
        client.Connection.SendHead(client.Stream(1), new ResponseHead { Status = 200 }, isEnd: true);
        Assert.Equal(waiting, client.Connection.OutputBytes);
        Assert.True(waiting == 0 || !isReleasedFirst);

        Conversation other = Conversation.WithClient();
        other.Say(Frame.Headers(1, Frame.Get, end: true));
        other.Connection.SendHead(other.Stream(1), new ResponseHead { Status = 200 }, isEnd: false);
        SpendTheWindow(other);
        other.Spare = client.Stream(3);
        other.Say(Frame.Headers(3, Frame.Get, end: true));
        Assert.Equal(0, other.Write(3, "x"));
        other.Hear();
        other.Say(Frame.WindowUpdate(0, 10));
        Assert.Same(client.Stream(3), other.Connection.TakeWritable());
    }

    // What a connection may send before its peer says more (RFC 9113 section 6.9.2).
    private static void SpendTheWindow(Conversation client)
    {
        const int Half = 32_000;
        client.Write(1, new string('x', Half));
        client.Hear();
        Assert.Equal(65_535 - Half, client.Write(1, new string('x', 65_535)));
        client.Hear();
    }
}
