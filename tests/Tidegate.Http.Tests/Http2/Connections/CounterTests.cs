using Tidegate.Http.Http2;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>What the codec counts: each counter with what moves it.</summary>
public sealed class CounterTests
{
    private static readonly Http2Limits FewStreams = Http2Limits.Default with { MaxConcurrentStreams = 1 };

    [Fact]
    public void Streams_are_active_until_they_have_ended_either_way()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Get, end: true), Frame.Headers(3, Frame.Post), Frame.Headers(5, Frame.Post));
        Assert.Equal(3, Of(client).StreamsActive);

        client.Answer(1, 200);
        client.Say(Frame.Reset(3));
        client.Connection.Reset(client.Stream(5), Http2ErrorCode.InternalError);
        Assert.Equal((0, 1, 1), (Of(client).StreamsActive, Of(client).RxReset, Of(client).TxReset));

        client.Say(Frame.Headers(7, Frame.Post));
        client.Connection.Release();
        Assert.Equal(0, Of(client).StreamsActive);
        client.Connection.Reset(client.Stream(7), Http2ErrorCode.Cancel);
        Assert.Equal(0, Of(client).StreamsActive);
    }

    [Fact]
    public void A_stream_beyond_the_limit_is_refused()
    {
        Conversation client = Conversation.WithClient(FewStreams);
        client.Say(Frame.Headers(1, Frame.Post), Frame.Headers(3, Frame.Post));

        Assert.Equal((1, 1, 1), (Of(client).StreamRefusedErrors, Of(client).TxReset, Of(client).StreamsActive));
    }

    [Fact]
    public void Trailers_of_requests_are_counted()
    {
        Conversation client = Conversation.WithClient();
        client.Say(Frame.Headers(1, Frame.Post), Frame.Trailers(1, "x-sum: 1"));

        Assert.Equal(1, Of(client).Trailers);
    }

    [Fact]
    public void An_end_that_is_announced_is_counted()
    {
        Conversation client = Conversation.WithClient();
        client.Connection.BeginDrain();
        client.Connection.EndDrain();

        Assert.Equal(2, Of(client).GoawaySent);
    }

    [Fact]
    public void What_breaks_the_rules_of_messages_is_counted_by_its_kind()
    {
        Conversation client = Conversation.WithClient(Http2Limits.Default with { RejectUnderscoreHeaders = true });
        client.Say(Frame.Headers(1, Frame.Get, "X-Upper: v", end: true), Frame.Headers(3, Frame.Get, "x_y: v", end: true));
        Assert.Equal((1, 1, 2), (Of(client).RxMessagingError, Of(client).RequestsRejectedWithUnderscoresInHeaders, Of(client).TxReset));

        client.Say(Frame.Headers(5, [.. Frame.Get, .. Enumerable.Range(0, 1000).Select(static i => $"x-{i}: v")], end: true));
        Assert.Equal((1, 1), (Of(client).HeaderOverflow, Of(client).RxMessagingError));
    }

    [Fact]
    public void Fields_that_are_dropped_are_counted()
    {
        Conversation client = Conversation.WithClient(Http2Limits.Default with { DropUnderscoreHeaders = true });
        client.Say(Frame.Headers(1, [.. Frame.Get, "x_y: v", "x_z: v"], end: true));

        Assert.Equal((2, 0), (Of(client).DroppedHeadersWithUnderscores, Of(client).RequestsRejectedWithUnderscoresInHeaders));
    }

    [Theory]
    [InlineData("ping", nameof(Http2Counters.OutboundControlFlood))]
    [InlineData("window", nameof(Http2Counters.InboundWindowUpdateFramesFlood))]
    [InlineData("priority", nameof(Http2Counters.InboundPriorityFramesFlood))]
    [InlineData("empty", nameof(Http2Counters.InboundEmptyFramesFlood))]
    [InlineData("continuation", nameof(Http2Counters.InboundContinuationFramesFlood))]
    [InlineData("unknown", nameof(Http2Counters.InboundIgnoredFramesFlood))]
    [InlineData("malformed", nameof(Http2Counters.StreamErrorsFlood))]
    public void Each_flood_has_its_counter(string flood, string counter)
    {
        Conversation client = Conversation.WithClient();
        client.Say(flood == "continuation" ? Frame.OpenHeaders(1, Frame.Get) : Frame.Headers(1, Frame.Post));
        string events = string.Empty;
        for (int i = 1; i < 100_000 && !events.Split('\n').Any(static line => line.StartsWith("Failed", StringComparison.Ordinal)); i++)
        {
            events = client.Say(flood switch
            {
                "ping" => Frame.Ping(),
                "window" => Frame.WindowUpdate(0, 1),
                "priority" => Frame.Of(2, 0, 1, "0000000010"),
                "empty" => Frame.Data(1, ""),
                "continuation" => Frame.Continuation(1, [0]),
                "unknown" => Frame.Of(99, 0, 0),
                _ => Frame.Headers((2 * i) + 1, Frame.Get, "X-Upper: v", end: true),
            });
        }

        string[] moved =
        [
            .. typeof(Http2Counters).GetFields().Where(field => field.Name.EndsWith("Flood", StringComparison.Ordinal) && (long)field.GetValue(Of(client))! > 0)
                .Select(static field => field.Name),
        ];
        Assert.Equal([counter], moved);
        Assert.Equal(1, Of(client).GoawaySent);
    }

    private static Http2Counters Of(Conversation conversation) => conversation.Connection.Counters;
}
