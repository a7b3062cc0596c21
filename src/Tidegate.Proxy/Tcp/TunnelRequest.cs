using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Tcp;

/// <summary>Asks an endpoint for a tunnel, with CONNECT or with POST, on a stream of the cluster's pool (Envoy: <c>tunneling_config</c>).</summary>
internal sealed class TunnelRequest
{
    private const int MaxHostBytes = 512;

    private readonly WorkerCluster _cluster;
    private readonly StreamRequest _wish;
    private readonly CallbackTimer _timer;
    private readonly RequestHead _request = new();
    private UpstreamStream? _stream;
    private bool _isTooLate;

    /// <param name="cluster">The cluster of the endpoint.</param>
    public TunnelRequest(WorkerCluster cluster)
    {
        _cluster = cluster;
        _wish = new StreamRequest(cluster.Worker.Loop);
        _timer = new CallbackTimer(cluster.Worker.Loop.Timers, OnTooLate);
    }

    /// <summary>Asks. The endpoint has to agree within the time that connecting to it may take.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="settings">What is asked for.</param>
    /// <param name="client">The client's connection, as formats see it.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<TransportResult> OpenAsync(RuntimeEndpoint endpoint, TcpTunneling settings, HttpExchange client)
    {
        if (!WriteHead(endpoint, settings, client))
        {
            return new TransportResult(TransportFailure.Gateway, "what the tunnel is to lead to is no host");
        }

        // 1. A stream.
        EndpointPool? pool = _cluster.PoolOf(endpoint, _request, client.DownstreamRemoteAddress, client.DownstreamLocalAddress);
        if (pool is null)
        {
            return new TransportResult(TransportFailure.Gateway, "what the tunnel is to lead to is no server name");
        }

        ConnectionFailure failure = await pool.AcquireAsync(_wish);
        switch (failure)
        {
            case ConnectionFailure.None:
                break;
            case ConnectionFailure.Overflow:
                return new TransportResult(TransportFailure.Gateway, "overflow");
            case ConnectionFailure.Refused or ConnectionFailure.OfHost: // what it leads to is not the client's to say
                return new TransportResult(TransportFailure.Endpoint, _wish.Reason);
            case ConnectionFailure.Timeout:
                return new TransportResult(TransportFailure.Timeout, _wish.Reason);
            default:
                return new TransportResult(TransportFailure.Gateway, _wish.Reason);
        }

        // 2. The request, and the endpoint's word.
        _stream = _wish.Stream!;
        _timer.Start(_cluster.Current.ConnectTimeoutMs);
        _stream.AppendHead(_request);
        await _stream.FlushAsync();
        int status = await ReadStatusAsync(_stream);
        _timer.Stop();
        UpstreamStream stream = _stream;
        _stream = null;
        if (status is >= 200 and < 300)
        {
            return new TransportResult(new TunnelConnection(_cluster.Worker.Loop, stream));
        }

        stream.Release();
        string reason = status > 0 ? $"the endpoint has refused the tunnel with {status}" : "the endpoint has not answered";
        return new TransportResult(_isTooLate ? TransportFailure.Timeout : TransportFailure.Endpoint, reason);
    }

    private bool WriteHead(RuntimeEndpoint endpoint, TcpTunneling settings, HttpExchange client)
    {
        Span<byte> host = stackalloc byte[MaxHostBytes];
        int length = settings.Host.Format(client, host);
        _request.SetMethod(settings.UsesPost ? KnownMethod.Post : KnownMethod.Connect);
        if (settings.UsesPost)
        {
            _request.SetPath(settings.PostPath);
            _request.SetScheme(_cluster.Current.TlsWith(endpoint) is null ? "http"u8 : "https"u8);
            _request.Framing = MessageFraming.Chunked;
        }

        settings.Headers.Apply(_request.Headers, client);
        return length > 0 && _request.SetAuthority(host[..length]);
    }

    // The status of the final answer; 0 when there is none.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<int> ReadStatusAsync(UpstreamStream stream)
    {
        var head = new ResponseHead();
        for (int interim = 0; interim <= _cluster.Worker.Options.MaxInterimResponses; interim++)
        {
            head.Reset();
            if (await stream.ReadHeadAsync(_request, head, new HeaderMap()) != UpstreamRead.Ok)
            {
                return 0;
            }

            if (!head.IsInterim)
            {
                if (_request.Method == KnownMethod.Connect)
                {
                    stream.BecomeTunnel();
                }

                return head.Status;
            }
        }

        return 0;
    }

    private void OnTooLate()
    {
        _isTooLate = true;
        _stream?.Reset(StreamReset.Cancelled);
    }
}
