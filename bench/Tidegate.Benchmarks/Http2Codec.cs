using System.Buffers;
using BenchmarkDotNet.Attributes;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Benchmarks;

/// <summary>The HTTP/2 codec alone, both ends in one thread: a request with a browser's fields, and its answer with a body of 88 bytes.</summary>
[MemoryDiagnoser]
public class Http2Codec : IHttp2StreamSource
{
    private static readonly byte[] Body = new byte[88];

    private readonly Http2Stream _asking = New();
    private readonly Http2Stream _answering = New();
    private readonly Http2Connection _client = new(Http2Role.Client, Http2Limits.Default, new Http2Scratch(), ArrayPool<byte>.Shared);
    private readonly Http2Connection _server;
    private readonly RequestHead _request = new();
    private readonly ResponseHead _response = new() { Status = 200, Framing = MessageFraming.ContentLength, ContentLength = Body.Length };

    public Http2Codec()
    {
        _server = new Http2Connection(Http2Role.Server, Http2Limits.Default, new Http2Scratch(), ArrayPool<byte>.Shared, this);
        _request.SetMethod(KnownMethod.Get);
        _request.SetScheme("https"u8);
        _request.SetAuthority("webapp.istioinaction.io"u8);
        _request.SetPath("/api/catalog?page=2&sort=name"u8);
        _request.Headers.Add(KnownHeader.UserAgent, "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"u8);
        _request.Headers.Add(KnownHeader.Accept, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"u8);
        _request.Headers.Add(KnownHeader.AcceptEncoding, "gzip, deflate, br"u8);
        _request.Headers.Add(KnownHeader.Cookie, "session=0123456789abcdef; theme=dark"u8);
        _response.Headers.Add(KnownHeader.ContentType, "application/json"u8);
        _response.Headers.Add(KnownHeader.Server, "istio-envoy"u8);
    }

    [Benchmark]
    public int Exchange()
    {
        _client.SendRequest(_asking, _request, isEnd: true);
        int bytes = Pass(_client, _server);
        _server.SendHead(_answering, _response, isEnd: false);
        _server.SendData(_answering, Body, isEnd: true);
        _server.Release(_answering);
        bytes += Pass(_server, _client);
        _client.Release(_asking);
        return bytes;
    }

    /// <inheritdoc/>
    public Http2Stream Rent() => _answering;

    private static Http2Stream New() => new(new RequestHead(), new ResponseHead(), new HeaderMap());

    private static int Pass(Http2Connection from, Http2Connection to)
    {
        ReadOnlySpan<byte> bytes = from.BeginSend().Span;
        int length = bytes.Length;
        Http2Event next;
        do
        {
            next = to.Next(bytes, out int consumed);
            bytes = bytes[consumed..];
            if (next.Kind == Http2EventKind.Data)
            {
                to.Credit(next.Stream!, next.Length);
            }
        }
        while (next.Kind is not (Http2EventKind.NeedMore or Http2EventKind.Failed));
        from.EndSend();
        return next.Kind == Http2EventKind.NeedMore ? length : throw new InvalidOperationException("the two don't understand each other");
    }
}
