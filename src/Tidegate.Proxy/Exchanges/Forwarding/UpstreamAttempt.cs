using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry.Formatting;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// One attempt at a request: an endpoint, a connection to it, the request sent on it, the head of the answer (Envoy: the router's
/// upstream request). Used again for the next attempt, and the next request.
/// </summary>
internal sealed class UpstreamAttempt
{
    // Interim answers that are passed on before an upstream counts as broken.
    private const int MaxInterimResponses = 16;

    private readonly DownstreamStream _stream;
    private readonly Forwarder _forwarder;
    private readonly ConnectionRequest _wish = new();
    private readonly CallbackTimer _tryTimer;
    private readonly CallbackTimer _durationTimer;
    private Http1MessageWriter? _copyWriter;
    private WorkerCluster _cluster = null!;
    private EndpointPool? _pool;
    private RequestUpload? _upload;
    private AttemptOutcome _stop;
    private bool _isHeadAwaited;
    private bool _isRequestCounted;
    private bool _isCopyUnsent;
    private long _startUs;
    private long _firstByteUs;

    /// <param name="stream">Whose request it is.</param>
    /// <param name="forwarder">Who makes the attempt.</param>
    /// <param name="response">Where the head of the answer goes.</param>
    public UpstreamAttempt(DownstreamStream stream, Forwarder forwarder, ResponseHead response)
    {
        _stream = stream;
        _forwarder = forwarder;
        Response = response;
        _tryTimer = new CallbackTimer(stream.Worker.Loop.Timers, () => _forwarder.OnTryTimeout(this));
        _durationTimer = new CallbackTimer(stream.Worker.Loop.Timers, OnTooLong);
    }

    /// <summary>The head of the answer.</summary>
    public ResponseHead Response { get; }

    /// <summary>The endpoint; null when there was none.</summary>
    public RuntimeEndpoint? Endpoint { get; private set; }

    /// <summary>The connection; null until there is one, and when it is given back.</summary>
    public UpstreamConnection? Connection { get; private set; }

    /// <summary>Why there is no answer, after <see cref="AttemptOutcome.Reset"/>.</summary>
    public UpstreamReset Reset { get; private set; }

    /// <summary>Whether another attempt was begun in its place already, while this one goes on.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>The upstream closed a kept-alive connection just as we sent on it, without a byte of an answer (edge.md, B04).</summary>
    public bool IsStaleConnection =>
        Reset == UpstreamReset.ConnectionTermination && Connection is { RequestCount: > 1, HasReceived: false };

    private HttpExchange Exchange => _stream.Exchange;

    private Worker Worker => _stream.Worker;

    /// <summary>Makes the attempt with the client's request as it comes.</summary>
    public ValueTask<AttemptOutcome> RunAsync(WorkerCluster cluster, RuntimeEndpoint? endpoint, RequestUpload upload) =>
        RunAsync(cluster, endpoint, upload, body: null);

    /// <summary>Makes the attempt beside others, with a copy of the request, which is whole. Interim answers are not passed on.</summary>
    public ValueTask<AttemptOutcome> RunCopyAsync(WorkerCluster cluster, RuntimeEndpoint? endpoint, ReplayBuffer body) =>
        RunAsync(cluster, endpoint, upload: null, body);

    /// <summary>The request is whole: the attempt's limit of time begins.</summary>
    public void OnRequestComplete()
    {
        if (_isHeadAwaited)
        {
            _tryTimer.Start(Exchange.PerTryTimeoutMs);
        }
    }

    /// <summary>Ends the attempt with this outcome, as far as it waits for anything.</summary>
    public void Stop(AttemptOutcome outcome)
    {
        _stop = outcome;
        if (_wish.WaitsIn is not null)
        {
            _wish.Cancel();
        }
        else
        {
            Connection?.Connection.Abort();
        }
    }

    /// <summary>Notes in the exchange that this attempt is the one that the client's answer comes from.</summary>
    public void Describe(HttpExchange exchange)
    {
        exchange.Endpoint = Endpoint;
        exchange.UpstreamLocalAddress = Connection!.Connection.LocalAddress;
        exchange.UpstreamStartUs = _startUs;
        exchange.UpstreamFirstByteUs = _firstByteUs;
        Response.CopyTo(exchange.Response);
    }

    /// <summary>The answer was read to its end.</summary>
    /// <param name="isKeptAlive">Whether the answer leaves the connection usable.</param>
    public void End(bool isKeptAlive) => Release(isKeptAlive);

    /// <summary>Nobody wants the answer: where all of it is here already, its connection can be used again.</summary>
    public void DropAnswer()
    {
        UpstreamRead read;
        ReadOnlyMemory<byte> data;
        do
        {
            read = Connection!.TryReadBody(out data);
        }
        while (read == UpstreamRead.Ok && data.Length > 0);
        Release(isKeptAlive: read == UpstreamRead.End && Response.KeepAlive);
    }

    /// <summary>Gives the attempt up, whatever has become of it.</summary>
    public void GiveUp()
    {
        if (Connection is not null)
        {
            Release(isKeptAlive: false);
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> RunAsync(WorkerCluster cluster, RuntimeEndpoint? endpoint, RequestUpload? upload, ReplayBuffer? body)
    {
        _cluster = cluster;
        _upload = upload;
        _isCopyUnsent = false;
        _stop = AttemptOutcome.None;
        IsReplaced = false;
        Endpoint = endpoint;
        if (endpoint is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy++;
            return AttemptOutcome.NoEndpoint;
        }

        int number = ++Exchange.AttemptCount;
        Exchange.Endpoint = endpoint;
        _isHeadAwaited = true;
        if (_stream.IsRequestComplete)
        {
            _tryTimer.Start(Exchange.PerTryTimeoutMs);
        }

        AttemptOutcome outcome = await ConnectAsync(endpoint);
        if (outcome == AttemptOutcome.None)
        {
            RequestHeaderPolicy.SetAttempt(Exchange, number);
            Exchange.UpstreamLocalAddress = Connection!.Connection.LocalAddress;
            _startUs = Worker.Loop.NowUs;
            Exchange.UpstreamStartUs = _startUs;
            if (upload is not null)
            {
                await upload.StartAsync(Connection, Exchange.Request);
            }
            else
            {
                await SendCopyAsync(Connection, body!);
            }

            outcome = await ReadHeadAsync(Connection, passesInterim: upload is not null);
        }

        _isHeadAwaited = false;
        _tryTimer.Stop();
        return outcome;
    }

    // None: there is a connection.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> ConnectAsync(RuntimeEndpoint endpoint)
    {
        _pool = _cluster.PoolOf(endpoint, Exchange.Request, Exchange.DownstreamRemoteAddress, Exchange.DownstreamLocalAddress);
        ConnectionFailure failure = await _pool.AcquireAsync(_wish);
        switch (failure)
        {
            case ConnectionFailure.None:
                break;
            case ConnectionFailure.Cancelled:
                return _stop;
            case ConnectionFailure.Overflow:
                return OnReset(UpstreamReset.Overflow);
            default:
                Exchange.UpstreamTransportFailureReason = _wish.Reason;
                return OnReset(failure == ConnectionFailure.Timeout ? UpstreamReset.ConnectionTimeout : UpstreamReset.ConnectionFailure);
        }

        UpstreamConnection connection = _wish.Connection!;
        if (!_cluster.Resources.TryTakeRequest(_cluster.Current.CircuitBreakers, out _isRequestCounted))
        {
            _cluster.Stats.UpstreamRqPendingOverflow++;
            _pool.Release(connection, isReusable: true);
            return OnReset(UpstreamReset.Overflow);
        }

        Connection = connection;
        _cluster.OnRequestBegins(endpoint);
        _cluster.OnConnected(endpoint);
        _durationTimer.Start(_cluster.Current.MaxStreamDurationMs);
        return _stop;
    }

    // The head of the answer, after whatever interim ones come before it (RFC 9110, section 15.2).
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> ReadHeadAsync(UpstreamConnection connection, bool passesInterim)
    {
        for (int interim = 0; interim <= MaxInterimResponses; interim++)
        {
            Response.Reset();
            UpstreamRead read = await connection.ReadHeadAsync(Exchange.Request.Method, Response);
            if (_stop != AttemptOutcome.None)
            {
                return _stop;
            }

            if (read != UpstreamRead.Ok)
            {
                return OnReset(read == UpstreamRead.ProtocolError ? UpstreamReset.ProtocolError : UpstreamReset.ConnectionTermination);
            }

            int status = Response.Status;
            if (status >= 200)
            {
                _firstByteUs = Worker.Loop.NowUs;
                Exchange.UpstreamFirstByteUs = _firstByteUs;
                connection.BeginBody(Response);
                _cluster.OnAnswer(Endpoint!, status, OutlierStatusOf(status));
                return AttemptOutcome.Answered;
            }

            if (status == 101)
            {
                break; // nobody asked for another protocol
            }

            ResponseHeaderPolicy.ApplyToInterim(Response);
            if (passesInterim && !await _stream.SendInterimAsync(Response))
            {
                return AttemptOutcome.Aborted;
            }
        }

        return OnReset(UpstreamReset.ProtocolError);
    }

    // A send that fails is not reported: the upstream may have answered before it closed, and reading tells.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask SendCopyAsync(UpstreamConnection connection, ReplayBuffer body)
    {
        _copyWriter ??= new Http1MessageWriter();
        _copyWriter.Begin(connection.Connection);
        _isCopyUnsent = !await body.SendAsync(_copyWriter, Exchange.Request);
        _copyWriter.Release();
    }

    // Envoy's router: a gRPC status in the answer's head counts as the HTTP status that it stands for.
    private int OutlierStatusOf(int status)
    {
        int grpcStatus = LocalReply.IsGrpc(Exchange.Request) ? GrpcStatusNames.StatusOf(Response.Headers) : -1;
        return grpcStatus >= 0 ? LocalReply.HttpStatusOf(grpcStatus) : status;
    }

    private AttemptOutcome OnReset(UpstreamReset reset)
    {
        Reset = reset;
        return AttemptOutcome.Reset;
    }

    // A request that is not sent whole, or a piece of it that still waits to be sent, would be taken for the next one.
    private void Release(bool isKeptAlive)
    {
        UpstreamConnection connection = Connection!;
        Connection = null;
        _durationTimer.Stop();
        bool isReusable = isKeptAlive && _stream.IsRequestComplete && !_isCopyUnsent && _upload is not { IsSending: true };
        _upload?.Detach();
        _cluster.OnRequestEnds(Endpoint!);
        if (_isRequestCounted)
        {
            _isRequestCounted = false;
            _cluster.Resources.Requests.Return();
        }

        _pool!.Release(connection, isReusable);
    }

    private void OnTooLong()
    {
        _cluster.Stats.UpstreamRqMaxDurationReached++;
        if (_isHeadAwaited)
        {
            Stop(AttemptOutcome.TooLong);
        }
        else
        {
            _forwarder.Abort(LocalReply.UpstreamTooLong);
        }
    }
}
