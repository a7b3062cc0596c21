using System.Buffers;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Tests.Http2.Connections;

/// <summary>The steady state of a connection allocates nothing, at neither end (style 10).</summary>
public sealed class AllocationTests
{
    [Fact]
    public void A_request_and_its_answer_allocate_nothing()
    {
        OneStream source = new();
        Http2Connection server = new(Http2Role.Server, Http2Limits.Default, new Http2Scratch(), ArrayPool<byte>.Shared, source);
        Http2Connection client = new(Http2Role.Client, Http2Limits.Default, new Http2Scratch(), ArrayPool<byte>.Shared);
        Http2Stream asking = OneStream.New();
        Http2Stream answering = source.Stream;
        RequestHead request = new();
        request.SetMethod(KnownMethod.Post);
        request.SetScheme("http"u8);
        request.SetPath("/orders?page=2"u8);
        request.SetAuthority("shop.example"u8);
        request.Headers.Add("x-unknown"u8, "some value"u8);
        request.Headers.Add(KnownHeader.Cookie, "session=1"u8);
        ResponseHead response = new() { Status = 201 };
        response.Headers.Add(KnownHeader.ContentType, "application/json"u8);
        HeaderMap trailers = new();
        trailers.Add(KnownHeader.GrpcStatus, "0"u8);

        void Exchange()
        {
            client.SendRequest(asking, request, isEnd: false);
            client.SendData(asking, "hello"u8, isEnd: true);
            Pass(client, server);
            server.SendHead(answering, response, isEnd: false);
            server.SendData(answering, "world"u8, isEnd: false);
            server.SendTrailers(answering, trailers);
            server.Release(answering);
            Pass(server, client);
            Assert.True(asking.State == StreamState.Closed);
            client.Release(asking);
        }

        for (int i = 0; i < 300; i++)
        {
            Exchange();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Exchange();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void Pass(Http2Connection from, Http2Connection to)
    {
        ReadOnlySpan<byte> bytes = from.BeginSend().Span;
        Http2Event next;
        do
        {
            next = to.Next(bytes, out int consumed);
            bytes = bytes[consumed..];
            if (next.Kind == Http2EventKind.Data)
            {
                to.Credit(next.Stream!, next.Length);
            }

            Assert.True(next.Kind is not (Http2EventKind.Failed or Http2EventKind.StreamFailed));
        }
        while (next.Kind != Http2EventKind.NeedMore);
        from.EndSend();
    }

    private sealed class OneStream : IHttp2StreamSource
    {
        public Http2Stream Stream { get; } = New();

        public Http2Stream Rent() => Stream;

        public static Http2Stream New() => new(new RequestHead(), new ResponseHead(), new HeaderMap());
    }
}
