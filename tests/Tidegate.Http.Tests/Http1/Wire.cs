using System.Text;
using Tidegate.Http.Headers;
using Tidegate.Http.Http1;

namespace Tidegate.Http.Tests.Http1;

/// <summary>Feeds bytes to the codec as a connection would, whole or in pieces, and shows what came out as text. One character is one byte.</summary>
internal static class Wire
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static RequestOutcome Request(string text, Http1Limits? limits = null) => Request(Bytes(text), limits, []);

    /// <summary>Parses one request, the input arriving in pieces that end at the given positions and at the end.</summary>
    public static RequestOutcome Request(byte[] input, Http1Limits? limits, IReadOnlyList<int> cuts)
    {
        Http1RequestParser parser = new(limits ?? Http1Limits.Default);
        RequestHead head = new();
        ParseResult result = Feed(input, cuts, (ReadOnlySpan<byte> bytes, out int used) => parser.Parse(bytes, head, out used), out int consumed);
        return new RequestOutcome(result, parser.Error, head, consumed);
    }

    public static ResponseOutcome Response(string text, KnownMethod method = KnownMethod.Get, Http1Limits? limits = null) =>
        Response(Bytes(text), method, limits, []);

    /// <summary>Parses one response, the input arriving in pieces that end at the given positions and at the end.</summary>
    public static ResponseOutcome Response(byte[] input, KnownMethod method, Http1Limits? limits, IReadOnlyList<int> cuts)
    {
        Http1ResponseParser parser = new(limits ?? Http1Limits.Default);
        ResponseHead head = new();
        ParseResult result = Feed(input, cuts, (ReadOnlySpan<byte> bytes, out int used) => parser.Parse(bytes, method, head, out used), out int consumed);
        return new ResponseOutcome(result, parser.Error, head, consumed);
    }

    public static BodyOutcome Chunked(string text, Http1Limits? limits = null) => Body(Bytes(text), MessageFraming.Chunked, -1, limits, []);

    /// <summary>Reads one body, the input arriving in pieces that end at the given positions and at the end.</summary>
    public static BodyOutcome Body(byte[] input, MessageFraming framing, long contentLength, Http1Limits? limits, IReadOnlyList<int> cuts)
    {
        Http1BodyReader reader = default;
        HeaderMap trailers = new();
        reader.Start(framing, contentLength, limits ?? Http1Limits.Default, trailers);
        StringBuilder data = new();
        int start = 0;
        BodyResult result = BodyResult.NeedMore;
        foreach (int end in cuts.Append(input.Length))
        {
            do
            {
                result = reader.Read(input.AsSpan(start, end - start), out int consumed, out int offset, out int length);
                Assert.InRange(consumed, 0, end - start);
                Assert.True(length == 0 || offset + length <= consumed);
                data.Append(Text(input.AsSpan(start + offset, length)));
                start += consumed;
            }
            while (result == BodyResult.Data);
        }

        return new BodyOutcome(result, reader.Error, data.ToString(), Show(trailers), start);
    }

    public static string Show(RequestHead head) =>
        $"{head.Version} {head.Method} {Text(head.MethodName)} [{Text(head.Path)}] [{Text(head.PathWithoutQuery)}] [{Text(head.Authority)}] [{Text(head.Scheme)}] " +
        $"{head.Framing} {head.ContentLength} {head.KeepAlive} {head.ExpectsContinue} {head.HasUpgrade}\n{Show(head.Headers)}";

    public static string Show(ResponseHead head) =>
        $"{head.Version} {head.Status} {head.Framing} {head.ContentLength} {head.KeepAlive} {head.IsForHead} {head.HasUpgrade}\n{Show(head.Headers)}";

    public static string Show(HeaderMap headers)
    {
        StringBuilder text = new();
        foreach (HeaderEntry field in headers)
        {
            text.Append(Text(field.Name)).Append(": ").Append(Text(field.Value)).Append('\n');
        }

        return text.ToString();
    }

    public static string Write(RequestHead head)
    {
        byte[] buffer = new byte[Http1Writer.MaxSize(head)];
        return Text(buffer.AsSpan(0, Http1Writer.WriteRequestHead(head, buffer)));
    }

    public static string Write(ResponseHead head, HttpVersion clientVersion = HttpVersion.Http11)
    {
        byte[] buffer = new byte[Http1Writer.MaxSize(head)];
        return Text(buffer.AsSpan(0, Http1Writer.WriteResponseHead(head, buffer, clientVersion)));
    }

    private static ParseResult Feed(byte[] input, IReadOnlyList<int> cuts, Parse parse, out int start)
    {
        start = 0;
        ParseResult result = ParseResult.NeedMore;
        foreach (int end in cuts.Append(input.Length))
        {
            result = parse(input.AsSpan(start, end - start), out int consumed);
            Assert.InRange(consumed, 0, end - start);
            start += consumed;
            if (result != ParseResult.NeedMore)
            {
                break;
            }
        }

        return result;
    }

    private delegate ParseResult Parse(ReadOnlySpan<byte> input, out int consumed);
}

internal sealed record RequestOutcome(ParseResult Result, Http1Error Error, RequestHead Head, int Consumed)
{
    public void IsRefused(Http1ErrorCode code, int status = 400)
    {
        Assert.Equal(code, Error.Code);
        Assert.Equal(ParseResult.Invalid, Result);
        Assert.Equal(status, Error.Status);
    }

    public RequestHead IsAccepted()
    {
        Assert.Equal(Http1ErrorCode.None, Error.Code);
        Assert.Equal(ParseResult.Complete, Result);
        return Head;
    }
}

internal sealed record ResponseOutcome(ParseResult Result, Http1Error Error, ResponseHead Head, int Consumed)
{
    public void IsRefused(Http1ErrorCode code)
    {
        Assert.Equal(code, Error.Code);
        Assert.Equal(ParseResult.Invalid, Result);
        Assert.Equal(502, Error.Status);
    }

    public ResponseHead IsAccepted()
    {
        Assert.Equal(Http1ErrorCode.None, Error.Code);
        Assert.Equal(ParseResult.Complete, Result);
        return Head;
    }
}

internal sealed record BodyOutcome(BodyResult Result, Http1Error Error, string Data, string Trailers, int Consumed)
{
    public void IsRefused(Http1ErrorCode code)
    {
        Assert.Equal(code, Error.Code);
        Assert.Equal(BodyResult.Invalid, Result);
    }

    public BodyOutcome IsComplete(string data)
    {
        Assert.Equal(Http1ErrorCode.None, Error.Code);
        Assert.Equal(BodyResult.Complete, Result);
        Assert.Equal(data, Data);
        return this;
    }
}
