using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Downstream.Http1;
using Tidegate.Proxy.Downstream.Http2;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Downstream;

/// <summary>Serves the clients of one worker's HTTP chains, and keeps the streams that do it for the next ones.</summary>
internal sealed class HttpServer(ExchangeServices services) : IHttpServer
{
    // Streams kept for reuse; one more is only garbage.
    private const int MaxPooledStreams = 1024;

    private readonly Stack<Http1Stream> _streams = new();
    private readonly Stack<Http2DownstreamStream> _http2Streams = new();

    /// <summary>What streams use.</summary>
    public ExchangeServices Services { get; } = services;

    /// <inheritdoc/>
    public void ServeHttp1(WorkerHttpChain chain, Connection connection, ConnectionTraits? traits, Acceptance acceptance, bool mayBecomeHttp2)
    {
        var downstream = new Http1Downstream(this, chain, connection, traits) { Acceptance = acceptance, MayBecomeHttp2 = mayBecomeHttp2 };
        chain.Owner.Add(downstream);
        downstream.Start();
    }

    /// <inheritdoc/>
    public void ServeHttp2(WorkerHttpChain chain, Connection connection, ConnectionTraits? traits, Acceptance acceptance, ReceiveBuffer received)
    {
        var downstream = new Http2Downstream(this, chain, connection, traits) { Acceptance = acceptance };
        chain.Owner.Add(downstream);
        downstream.Start(received);
    }

    /// <summary>A stream for a connection that has something to do.</summary>
    public Http1Stream RentStream() => _streams.Count > 0 ? _streams.Pop() : new Http1Stream(this);

    /// <summary>Takes a stream back.</summary>
    public void ReturnStream(Http1Stream stream)
    {
        if (_streams.Count < MaxPooledStreams)
        {
            _streams.Push(stream);
        }
    }

    /// <summary>A stream for a request of an HTTP/2 connection.</summary>
    public Http2DownstreamStream RentHttp2Stream() => _http2Streams.Count > 0 ? _http2Streams.Pop() : new Http2DownstreamStream(this);

    /// <summary>Takes a stream back.</summary>
    public void ReturnHttp2Stream(Http2DownstreamStream stream)
    {
        if (_http2Streams.Count < MaxPooledStreams)
        {
            _http2Streams.Push(stream);
        }
    }
}
