using Tidegate.Http.Headers;
using Tidegate.Http.Http1;
using Tidegate.Http.Paths;
using Tidegate.Http.Tests.Fuzzing;

namespace Tidegate.Http.Tests.Http1;

/// <summary>The steady state of a connection allocates nothing (style 10).</summary>
public sealed class AllocationTests
{
    [Fact]
    public void A_request_and_its_response_allocate_nothing()
    {
        byte[] request = Wire.Bytes(SampleMessages.Browser.Replace("Cookie:", "X-Unknown: z\r\nTransfer-Encoding: chunked\r\nCookie:", StringComparison.Ordinal));
        byte[] body = Wire.Bytes(SampleMessages.ChunkedBodies[2]);
        byte[] response = Wire.Bytes(SampleMessages.Responses[0]);
        byte[] buffer = new byte[4096];
        Http1RequestParser requestParser = new(Http1Limits.Default);
        Http1ResponseParser responseParser = new(Http1Limits.Default);
        RequestHead requestHead = new();
        ResponseHead responseHead = new();
        HeaderMap trailers = new();
        Http1BodyReader reader = default;

        void Exchange()
        {
            Assert.True(requestParser.Parse(request, requestHead, out _) == ParseResult.Complete);
            Assert.True(requestHead.NormalizePath(PathOptions.Base) == PathResult.Ok);
            HopByHopHeaders.Remove(requestHead.Headers, keepUpgrade: false);
            requestHead.Headers.Set(KnownHeader.XForwardedFor, "127.0.0.1"u8);
            requestHead.Headers.Set("x-added"u8, "value"u8);
            Assert.True(Http1Writer.WriteRequestHead(requestHead, buffer) > 0);
            trailers.Clear();
            reader.Start(requestHead.Framing, requestHead.ContentLength, Http1Limits.Default, trailers);
            for (int start = 0; !reader.IsComplete;)
            {
                Assert.True(reader.Read(body.AsSpan(start), out int consumed, out _, out _) == BodyResult.Data);
                start += consumed;
            }

            Assert.True(responseParser.Parse(response, KnownMethod.Get, responseHead, out _) == ParseResult.Complete);
            Assert.True(Http1Writer.WriteResponseHead(responseHead, buffer) > 0);
        }

        for (int i = 0; i < 100; i++)
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

    [Fact]
    public void Byte_by_byte_costs_as_many_scans_as_bytes()
    {
        // 60 KiB arriving byte by byte, in one line: were every call to start from the front, this would be 1.8 thousand million steps.
        byte[] input = Wire.Bytes($"GET / HTTP/1.1\r\nhost: a\r\nx: {new string('v', 61_000)}\r\n\r\n");
        Http1RequestParser parser = new(Http1Limits.Default);
        RequestHead head = new();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        int position = 0;
        ParseResult result = ParseResult.NeedMore;
        for (int end = 1; end <= input.Length; end++)
        {
            result = parser.Parse(input.AsSpan(position, end - position), head, out int consumed);
            position += consumed;
        }

        Assert.Equal(ParseResult.Complete, result);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(1));
    }
}
