using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// The copies of requests that are under way in a worker. More than <see cref="ProxyOptions.MaxMirroredRequestsPerWorker"/> at once are not made: a
/// mirror that does not keep up must not take the memory of the requests that count.
/// </summary>
internal sealed class MirrorRequests(Worker worker)
{
    private const int MaxPooled = 64;

    private readonly Stack<MirrorRequest> _free = new();
    private int _active;

    /// <summary>A copy to be filled in; null when there are too many.</summary>
    public MirrorRequest? Rent()
    {
        if (_active >= worker.Options.MaxMirroredRequestsPerWorker)
        {
            return null;
        }

        _active++;
        return _free.Count > 0 ? _free.Pop() : new MirrorRequest(worker, this);
    }

    /// <summary>A copy is done with.</summary>
    public void Return(MirrorRequest request)
    {
        _active--;
        if (_free.Count < MaxPooled)
        {
            _free.Push(request);
        }
    }
}

/// <summary>One copy of a request: sent once, its answer read and dropped so that the connection can serve again.</summary>
internal sealed class MirrorRequest
{
    private readonly Worker _worker;
    private readonly MirrorRequests _owner;
    private readonly ReplayBuffer _body = new();
    private readonly ResponseHead _response = new();
    private readonly HeaderMap _trailers = new();
    private readonly StreamRequest _wish;
    private readonly CallbackTimer _timer;
    private UpstreamStream? _stream;

    public MirrorRequest(Worker worker, MirrorRequests owner)
    {
        _worker = worker;
        _owner = owner;
        _wish = new StreamRequest(worker.Loop);
        _timer = new CallbackTimer(worker.Loop.Timers, OnTimeout);
    }

    /// <summary>What is sent.</summary>
    public RequestHead Head { get; } = new();

    /// <summary>Takes a copy of the request's body. False: there is no memory for it.</summary>
    public bool TryKeepBody(ReplayBuffer body)
    {
        _body.Begin(_worker, int.MaxValue, isNeeded: true);
        for (int i = 0; i < body.Count; i++)
        {
            _body.Add(body[i].Span);
        }

        return _body.IsComplete;
    }

    /// <summary>Sends the copy and waits for the end of its answer; then it can be used again.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask RunAsync(WorkerCluster cluster, long timeoutMs)
    {
        _timer.Start(timeoutMs > 0 ? timeoutMs : _worker.Options.MirrorTimeoutMs);
        RuntimeEndpoint? endpoint = cluster.ChooseEndpoint(hash: null, attempt: 0);
        if (endpoint is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy++;
        }
        else
        {
            EndpointPool? pool = cluster.PoolOf(endpoint, Head, client: default, destination: default);
            if (pool is not null && await pool.AcquireAsync(_wish) == ConnectionFailure.None)
            {
                UpstreamStream stream = _wish.Stream!;
                _stream = stream;
                cluster.OnRequestBegins(endpoint);
                if (HopCount.TryAdd(stream, Head, _worker.Options.MaxHops))
                {
                    await ExchangeAsync(cluster, endpoint, stream);
                }

                _stream = null;
                cluster.OnRequestEnds(endpoint);
                stream.Release();
            }
        }

        _timer.Stop();
        _body.Clear();
        Head.Reset();
        _owner.Return(this);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask ExchangeAsync(WorkerCluster cluster, RuntimeEndpoint endpoint, UpstreamStream stream)
    {
        // 1. The request.
        await _body.SendAsync(stream, Head, trailers: null);

        // 2. The head of the answer, behind interim ones.
        do
        {
            _response.Reset();
            _trailers.Clear();
            if (await stream.ReadHeadAsync(Head, _response, _trailers) != UpstreamRead.Ok || _response.Status == 101)
            {
                return;
            }
        }
        while (_response.Status < 200);
        cluster.Stats.UpstreamRq.Count(_response.Status);
        cluster.OnOutcome(endpoint, _response.Status);

        // 3. Its body, which nobody wants.
        UpstreamRead read;
        do
        {
            read = stream.TryReadBody(out ReadOnlyMemory<byte> data);
            if (read == UpstreamRead.Ok && data.Length == 0)
            {
                read = await stream.WaitForBodyAsync();
            }
        }
        while (read == UpstreamRead.Ok);
    }

    private void OnTimeout()
    {
        if (_wish.WaitsIn is not null)
        {
            _wish.Cancel();
        }
        else
        {
            _stream?.Reset(StreamReset.Cancelled);
        }
    }
}
