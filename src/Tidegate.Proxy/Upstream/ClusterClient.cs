using System.Buffers;
using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Upstream;

/// <summary>
/// Asks a cluster something on behalf of the gateway itself, on the worker's loop: one request, one answer, both whole in memory. What it needs of
/// connections, limits and health is the cluster's, as for any request.
/// </summary>
internal sealed class ClusterClient(Worker worker, WorkerCluster cluster)
{
    /// <summary>Sends a request. Null when there was no whole answer within the time and the size, or <paramref name="cancellation"/> ended it.</summary>
    /// <param name="request">Its head; the framing is made from the body.</param>
    /// <param name="body">Its body.</param>
    /// <param name="timeoutMs">How long all of it may take.</param>
    /// <param name="maxBytes">How long the answer's body may be.</param>
    /// <param name="cancellation">Ends it.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<ClusterAnswer?> SendAsync(RequestHead request, ReadOnlyMemory<byte> body, long timeoutMs, int maxBytes, CancellationToken cancellation)
    {
        RuntimeEndpoint? endpoint = cluster.ChooseEndpoint(hash: null, attempt: 0);
        if (endpoint is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy++;
            return null;
        }

        // 1. A stream, while time and the one who asks let us.
        var wish = new StreamRequest(worker.Loop);
        UpstreamStream? stream = null;
        bool isOver = false;
        void Stop()
        {
            isOver = true;
            wish.Cancel();
            stream?.Reset(StreamReset.Cancelled);
        }

        var timer = new CallbackTimer(worker.Loop.Timers, Stop);
        timer.Start(timeoutMs);
        using CancellationTokenRegistration registration = cancellation.Register(() => worker.Loop.Post(static stop => ((Action)stop!)(), (Action)Stop));
        EndpointPool? pool = cluster.PoolOf(endpoint, request, client: default, destination: default);
        if (pool is null || await pool.AcquireAsync(wish) != ConnectionFailure.None)
        {
            timer.Stop();
            return null;
        }

        // 2. The request and its answer.
        stream = wish.Stream!;
        cluster.OnRequestBegins(endpoint);
        try
        {
            return isOver || !HopCount.TryAdd(stream, request, worker.Options.MaxHops) ? null : await ExchangeAsync(stream, endpoint, request, body, maxBytes);
        }
        finally
        {
            timer.Stop();
            cluster.OnRequestEnds(endpoint);
            UpstreamStream done = stream;
            stream = null;
            done.Release();
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<ClusterAnswer?> ExchangeAsync(UpstreamStream stream, RuntimeEndpoint endpoint, RequestHead request, ReadOnlyMemory<byte> body, int maxBytes)
    {
        bool hasLength = !body.IsEmpty || request.Framing == MessageFraming.ContentLength;
        request.Framing = hasLength ? MessageFraming.ContentLength : MessageFraming.None;
        request.ContentLength = hasLength ? body.Length : -1;
        if (request.Scheme.IsEmpty)
        {
            request.SetScheme("http"u8);
        }

        stream.AppendHead(request);
        if (!body.IsEmpty)
        {
            await stream.WriteBodyAsync(body);
        }

        await stream.EndAsync(trailers: null);
        var answer = new ClusterAnswer();
        do
        {
            answer.Head.Reset();
            if (await stream.ReadHeadAsync(request, answer.Head, answer.Trailers) != UpstreamRead.Ok)
            {
                cluster.OnNoAnswer(endpoint, isTimeout: false);
                return null;
            }
        }
        while (answer.Head.IsInterim && answer.Head.Status != 101);
        cluster.Stats.UpstreamRq.Count(answer.Head.Status);
        cluster.OnOutcome(endpoint, answer.Head.Status);
        var content = new ArrayBufferWriter<byte>();
        while (true)
        {
            UpstreamRead read = stream.TryReadBody(out ReadOnlyMemory<byte> data);
            if (read == UpstreamRead.Ok && data.Length > 0)
            {
                if (content.WrittenCount + data.Length > maxBytes)
                {
                    return null;
                }

                content.Write(data.Span);
                continue;
            }

            read = read == UpstreamRead.Ok ? await stream.WaitForBodyAsync() : read;
            if (read != UpstreamRead.Ok)
            {
                answer.Body = content.WrittenMemory;
                return read == UpstreamRead.End ? answer : null;
            }
        }
    }
}

/// <summary>A whole answer.</summary>
internal sealed class ClusterAnswer
{
    /// <summary>Its head.</summary>
    public ResponseHead Head { get; } = new();

    /// <summary>Its body.</summary>
    public ReadOnlyMemory<byte> Body { get; set; }

    /// <summary>Fields behind the body.</summary>
    public HeaderMap Trailers { get; } = new();
}
