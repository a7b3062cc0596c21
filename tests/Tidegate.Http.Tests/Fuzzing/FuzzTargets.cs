using Tidegate.Http.Http1;
using Tidegate.Http.Paths;
using Tidegate.Http.Tests.Http1;
using Tidegate.Http.Tests.Http2;

namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>
/// What must hold for any bytes at all. The signatures are those that SharpFuzz takes: <c>Fuzzer.LibFuzzer.Run(FuzzTargets.Request)</c>.
/// </summary>
public static class FuzzTargets
{
    private static readonly Http1Limits[] LimitsToTry =
    [
        Http1Limits.Default,
        new() { AcceptHttp10 = true, DefaultHostForHttp10 = "default.example", RejectUnderscoreHeaders = true, MaxHeaderBytes = 120, MaxHeaderCount = 4, MaxRequestLineBytes = 40 },
        new() { AcceptHttp10 = true, MaxChunkLineBytes = 6, MaxChunkExtensionBytesPerMessage = 8, MaxTrailerBytes = 24, MaxTrailerCount = 2 },
    ];

    /// <summary>A request head and its body: any split gives the same, and what is accepted can be sent on without a second meaning.</summary>
    public static void Request(ReadOnlySpan<byte> data)
    {
        byte[] input = data.ToArray();
        foreach (Http1Limits limits in LimitsToTry)
        {
            RequestOutcome whole = Wire.Request(input, limits, []);
            foreach (IReadOnlyList<int> cuts in Splits.Of(input))
            {
                RequestOutcome split = Wire.Request(input, limits, cuts);
                Assert.Equal((whole.Result, whole.Error.Code, whole.Consumed), (split.Result, split.Error.Code, split.Consumed));
                Assert.Equal(whole.Result == ParseResult.Complete ? Wire.Show(whole.Head) : "", split.Result == ParseResult.Complete ? Wire.Show(split.Head) : "");
            }

            if (whole.Result == ParseResult.Complete)
            {
                SentRequest.IsUnambiguous(whole.Head);
                Body(input[whole.Consumed..], whole.Head.Framing, whole.Head.ContentLength, limits);
            }
        }
    }

    /// <summary>A response head and its body, with the same promises.</summary>
    public static void Response(ReadOnlySpan<byte> data)
    {
        byte[] input = data.ToArray();
        foreach (Http1Limits limits in LimitsToTry)
        {
            foreach (KnownMethod method in (KnownMethod[])[KnownMethod.Get, KnownMethod.Head, KnownMethod.Connect])
            {
                ResponseOutcome whole = Wire.Response(input, method, limits, []);
                foreach (IReadOnlyList<int> cuts in Splits.Of(input))
                {
                    ResponseOutcome split = Wire.Response(input, method, limits, cuts);
                    Assert.Equal((whole.Result, whole.Error.Code, whole.Consumed), (split.Result, split.Error.Code, split.Consumed));
                    Assert.Equal(whole.Result == ParseResult.Complete ? Wire.Show(whole.Head) : "", split.Result == ParseResult.Complete ? Wire.Show(split.Head) : "");
                }

                if (whole.Result == ParseResult.Complete)
                {
                    if (method != KnownMethod.Connect)
                    {
                        SentResponse.IsUnambiguous(whole.Head, method);
                    }

                    Body(input[whole.Consumed..], whole.Head.Framing, whole.Head.ContentLength, limits);
                }
            }
        }
    }

    /// <summary>A chunked body, with the same promises.</summary>
    public static void Chunked(ReadOnlySpan<byte> data)
    {
        foreach (Http1Limits limits in LimitsToTry)
        {
            Body(data.ToArray(), MessageFraming.Chunked, -1, limits);
        }
    }

    /// <summary>What a client says on an HTTP/2 connection, behind its preface and its SETTINGS: any split gives the same events and the same answers.</summary>
    public static void Http2(ReadOnlySpan<byte> data)
    {
        byte[] said = data.ToArray();
        Conversation whole = Conversation.WithNobody();
        string events = whole.SayJoined(Frame.Preface, Frame.Settings(), said);
        foreach (int size in (int[])[1, 7, 64])
        {
            Conversation cut = Conversation.WithNobody(cut: _ => size);
            Assert.Equal(events, cut.SayJoined(Frame.Preface, Frame.Settings(), said));
            Assert.Equal(whole.Hear(), cut.Hear());
            whole = Conversation.WithNobody();
            whole.SayJoined(Frame.Preface, Frame.Settings(), said);
        }
    }

    /// <summary>A path: what is accepted keeps the promises of spec edge 2e, and normalising it again changes nothing.</summary>
    public static void Path(ReadOnlySpan<byte> data)
    {
        foreach (PathOptions options in (PathOptions[])[PathOptions.None, PathOptions.Base, PathOptions.MergeSlashes, PathOptions.DecodeAndMergeSlashes])
        {
            NormalizedPath.KeepsItsPromises(data.ToArray(), options);
        }
    }

    private static void Body(byte[] input, MessageFraming framing, long contentLength, Http1Limits limits)
    {
        BodyOutcome whole = Wire.Body(input, framing, contentLength, limits, []);
        foreach (IReadOnlyList<int> cuts in Splits.Of(input))
        {
            BodyOutcome split = Wire.Body(input, framing, contentLength, limits, cuts);
            Assert.Equal((whole.Result, whole.Error, whole.Data), (split.Result, split.Error, split.Data));
            if (whole.Result == BodyResult.Complete)
            {
                Assert.Equal((whole.Consumed, whole.Trailers), (split.Consumed, split.Trailers));
            }
        }
    }
}
