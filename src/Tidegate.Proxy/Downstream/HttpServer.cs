using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Memory;
using Tidegate.Proxy.Downstream.Http1;
using Tidegate.Proxy.Downstream.Http2;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Downstream;

/// <summary>Serves the clients of one worker's HTTP chains, and keeps the streams that do it for the next ones.</summary>
internal sealed class HttpServer(ExchangeServices services) : IHttpServer
{
    // Streams that are kept for ever; more of them while they are needed.
    private const int KeptStreams = 64;

    private readonly LoopPool<Http1Stream> _streams = new(services.Worker.Loop.Trimmer, KeptStreams, static stream => stream.Discard());
    private readonly LoopPool<Http2DownstreamStream> _http2Streams = new(services.Worker.Loop.Trimmer, KeptStreams, static stream => stream.Discard());

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
    public Http1Stream RentStream() => _streams.Take() ?? new Http1Stream(this);

    /// <summary>Takes a stream back.</summary>
    public void ReturnStream(Http1Stream stream) => _streams.Give(stream);

    /// <summary>A stream for a request of an HTTP/2 connection.</summary>
    public Http2DownstreamStream RentHttp2Stream() => _http2Streams.Take() ?? new Http2DownstreamStream(this);

    /// <summary>Takes a stream back.</summary>
    public void ReturnHttp2Stream(Http2DownstreamStream stream) => _http2Streams.Give(stream);
}
