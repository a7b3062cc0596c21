using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Telemetry.Formatting;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// Takes one request to an endpoint of its cluster and brings the answer back (Envoy: the router filter). Attempts until one
/// gives an answer that is not to be retried; from then on the answer streams, and nothing can be retried any more.
/// </summary>
internal sealed class Forwarder
{
    // Interim answers that are passed on before an upstream counts as broken.
    private const int MaxInterimResponses = 16;

    private readonly Http1Stream _stream;
    private readonly RequestUpload _upload;
    private readonly ConnectionRequest _wish = new();
    private readonly RetryState _retries;
    private readonly Mirroring _mirroring;
    private readonly CallbackTimer _routeTimer;
    private readonly CallbackTimer _tryTimer;
    private readonly CallbackTimer _durationTimer;
    private WorkerCluster _cluster = null!;
    private EndpointPool? _pool;
    private UpstreamConnection? _connection;
    private LocalReply? _abort;
    private UpstreamReset _reset;
    private bool _isTimed;
    private bool _isHeadAwaited;
    private bool _isTryTimedOut;
    private bool _isTooLong;
    private bool _isUploadBegun;
    private bool _isRequestCounted;

    public Forwarder(Http1Stream stream)
    {
        _stream = stream;
        _upload = new RequestUpload(stream, this);
        _retries = new RetryState(stream.Worker);
        _mirroring = new Mirroring(stream);
        _routeTimer = new CallbackTimer(stream.Worker.Loop.Timers, () => Abort(LocalReply.ResponseTimeout));
        _tryTimer = new CallbackTimer(stream.Worker.Loop.Timers, OnTryTimeout);
        _durationTimer = new CallbackTimer(stream.Worker.Loop.Timers, OnTooLong);
    }

    private enum Attempt : byte
    {
        Answered,
        NoEndpoint,
        Reset,
        TryTimedOut,
        TooLong,
        Aborted,
    }

    private HttpExchange Exchange => _stream.Exchange;

    private Worker Worker => _stream.Worker;

    /// <summary>
    /// Forwards the request. Null: the answer's head is in <see cref="HttpExchange.Response"/> and its body is to be had with
    /// <see cref="StreamBodyAsync"/>. Otherwise the reply to give instead.
    /// </summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<LocalReply?> ForwardAsync(WorkerCluster cluster, RuntimeRoute route)
    {
        _cluster = cluster;
        _abort = null;
        _isTimed = true;
        _retries.Begin(cluster, Exchange.RetryPolicy, Exchange.Request);
        if (route.Mirrors.Count > 0)
        {
            _mirroring.Choose(route.Mirrors);
        }

        bool isKept = (_retries.IsEnabled || _mirroring.IsPending) && !_stream.IsRequestComplete;
        _upload.Begin(isKept ? Worker.Options.RetryBufferBytes : 0);
        _isUploadBegun = true;
        if (_stream.IsRequestComplete)
        {
            _routeTimer.Start(Exchange.RouteTimeoutMs);
            if (_mirroring.IsPending)
            {
                _mirroring.Send(cluster, _upload.Kept);
            }
        }

        while (true)
        {
            // 1. An attempt.
            Attempt attempt = await AttemptAsync();
            _isHeadAwaited = false;
            _tryTimer.Stop();

            // 2. What came of it.
            NoteNoAnswer(attempt);
            bool retry;
            switch (attempt)
            {
                case Attempt.Answered:
                    retry = _retries.ShouldRetryAnswer(Exchange.Response, _upload.CanReplay);
                    if (!retry)
                    {
                        Exchange.Flags |= _retries.LimitFlag;
                        return null;
                    }

                    break;
                case Attempt.Reset:
                    retry = _retries.ShouldRetryReset(_reset, _upload.CanReplay, IsStaleConnection(), Exchange.Request.Method);
                    break;
                case Attempt.TryTimedOut:
                case Attempt.TooLong:
                    retry = _retries.ShouldRetryTimeout(_upload.CanReplay, isBeforeRequest: _connection is null);
                    break;
                default:
                    retry = false;
                    break;
            }

            // 3. The end, or another attempt after a pause.
            if (!retry)
            {
                LocalReply reply = ReplyTo(attempt);
                Exchange.Flags |= _retries.LimitFlag;
                GiveUpConnection();
                if (reply.Status > 0)
                {
                    _cluster.Stats.CountResponse(reply.Status); // what stands for the answer that did not come
                }

                return reply;
            }

            if (attempt == Attempt.Answered)
            {
                DropAnswer();
            }
            else
            {
                GiveUpConnection();
            }

            await _retries.PauseAsync();
            if (_abort is not null)
            {
                return ReplyTo(Attempt.Aborted);
            }
        }
    }

    /// <summary>Reads the request whole, before it is forwarded. Null when it is there; otherwise the reply to give.</summary>
    public ValueTask<LocalReply?> BufferRequestAsync(long maxBytes)
    {
        _isUploadBegun = true; // so that what is kept is given back
        return _upload.BufferAsync(maxBytes);
    }

    /// <summary>Streams the answer's body to the client. False: it was cut short, by either side.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<bool> StreamBodyAsync()
    {
        UpstreamConnection connection = _connection!;
        while (true)
        {
            switch (connection.TryReadBody(out ReadOnlyMemory<byte> data))
            {
                case UpstreamRead.Ok when data.Length > 0:
                    if (!await _stream.WriteBodyAsync(data))
                    {
                        return CutShort();
                    }

                    break;
                case UpstreamRead.End:
                    return EndOfAnswer();
                case UpstreamRead.ProtocolError:
                    return CutShort(UpstreamRead.ProtocolError);
                default:
                    // Nothing is here: what is appended leaves before we wait, so that a slow answer arrives as it comes.
                    if (!await _stream.FlushAsync())
                    {
                        return CutShort();
                    }

                    UpstreamRead read = await connection.WaitForBodyAsync();
                    if (read == UpstreamRead.End)
                    {
                        return EndOfAnswer();
                    }

                    if (read != UpstreamRead.Ok)
                    {
                        return CutShort(read);
                    }

                    break;
            }
        }
    }

    /// <summary>The exchange is over: nothing is sent upstream any more.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask FinishAsync()
    {
        _isTimed = false;
        _routeTimer.Stop();
        GiveUpConnection();
        if (_isUploadBegun)
        {
            _mirroring.Reset();
            _isUploadBegun = false;
            await _upload.FinishAsync();
            _retries.End();
        }
    }

    /// <summary>The client is gone: nobody needs the answer.</summary>
    public void OnDownstreamClosed() => Abort(LocalReply.DownstreamGone);

    /// <summary>The client's body was read to its end.</summary>
    public void OnRequestRead()
    {
        if (_mirroring.IsPending)
        {
            _mirroring.Send(_cluster, _upload.Kept);
        }
    }

    /// <summary>The client's body breaks its framing.</summary>
    public void OnRequestBodyInvalid() => Abort(LocalReply.BodyCodecError);

    /// <summary>The client's body does not come.</summary>
    public void OnRequestBodyTimeout() => Abort(LocalReply.RequestBodyTimeout);

    /// <summary>The request is whole: from here on the upstream is waited for, and its limits of time begin (Envoy: <c>RouteAction.timeout</c>).</summary>
    public void OnRequestComplete()
    {
        if (_isTimed)
        {
            _routeTimer.Start(Exchange.RouteTimeoutMs);
        }

        if (_isHeadAwaited)
        {
            _tryTimer.Start(Exchange.PerTryTimeoutMs);
        }
    }

    /// <summary>Ends it for <paramref name="reason"/>: the reply to give, or what the log says where the answer has begun.</summary>
    public void Abort(LocalReply reason)
    {
        if (_abort is null)
        {
            _abort = reason;
            if (ReferenceEquals(reason, LocalReply.DownstreamGone))
            {
                Exchange.Flags |= reason.Flags;
                Exchange.ResponseCodeDetails = reason.Details;
            }
            else if (ReferenceEquals(reason, LocalReply.ResponseTimeout))
            {
                _cluster.Stats.UpstreamRqTimeout++;
            }
        }

        Interrupt();
    }

    // One attempt: choose an endpoint, get a connection, send, read the head of the answer.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<Attempt> AttemptAsync()
    {
        // 1. The endpoint.
        RuntimeEndpoint? endpoint = _retries.ChooseEndpoint(Exchange);
        if (endpoint is null)
        {
            _cluster.Stats.UpstreamCxNoneHealthy++;
            return Attempt.NoEndpoint;
        }

        Exchange.Endpoint = endpoint;
        Exchange.AttemptCount++;
        _isTryTimedOut = false;
        _isTooLong = false;
        _isHeadAwaited = true;
        if (_stream.IsRequestComplete)
        {
            _tryTimer.Start(Exchange.PerTryTimeoutMs);
        }

        RequestHeaderPolicy.SetAttempt(Exchange);

        // 2. The connection.
        _pool = _cluster.PoolOf(endpoint, Exchange.Request, Exchange.DownstreamRemoteAddress, Exchange.DownstreamLocalAddress);
        ConnectionFailure failure = await _pool.AcquireAsync(_wish);
        if (failure != ConnectionFailure.None)
        {
            return OnNoConnection(failure);
        }

        UpstreamConnection connection = _wish.Connection!;
        if (!_cluster.Resources.TryTakeRequest(_cluster.Current.CircuitBreakers, out _isRequestCounted))
        {
            _cluster.Stats.UpstreamRqPendingOverflow++;
            _pool.Release(connection, isReusable: true);
            return OnReset(UpstreamReset.Overflow);
        }

        _connection = connection;
        _cluster.OnRequestBegins(endpoint);
        _cluster.OnConnected(endpoint);
        _durationTimer.Start(_cluster.Current.MaxStreamDurationMs);
        if (_abort is not null)
        {
            return Attempt.Aborted;
        }

        Exchange.UpstreamLocalAddress = connection.Connection.LocalAddress;
        Exchange.UpstreamStartUs = Worker.Loop.NowUs;

        // 3. The request.
        await _upload.StartAsync(connection, Exchange.Request);

        // 4. The head of the answer, after whatever interim ones come before it (RFC 9110, section 15.2).
        for (int interim = 0; interim <= MaxInterimResponses; interim++)
        {
            Exchange.Response.Reset();
            UpstreamRead read = await connection.ReadHeadAsync(Exchange.Request.Method, Exchange.Response);
            if (_abort is not null)
            {
                return Attempt.Aborted;
            }

            if (_isTryTimedOut)
            {
                return Attempt.TryTimedOut;
            }

            if (_isTooLong)
            {
                return Attempt.TooLong;
            }

            if (read != UpstreamRead.Ok)
            {
                return OnReset(read == UpstreamRead.ProtocolError ? UpstreamReset.ProtocolError : UpstreamReset.ConnectionTermination);
            }

            int status = Exchange.Response.Status;
            if (status >= 200)
            {
                Exchange.UpstreamFirstByteUs = Worker.Loop.NowUs;
                connection.BeginBody(Exchange.Response);
                _cluster.OnAnswer(endpoint, status, OutlierStatusOf(status));
                return Attempt.Answered;
            }

            if (status == 101)
            {
                break; // nobody asked for another protocol
            }

            // RFC 9110, section 15.2: HTTP/1.0 knows no interim answers.
            ResponseHeaderPolicy.ApplyToInterim(Exchange.Response);
            if (Exchange.Request.Version != HttpVersion.Http10 && !await _stream.SendInterimAsync(Exchange.Response))
            {
                return Attempt.Aborted;
            }
        }

        return OnReset(UpstreamReset.ProtocolError);
    }

    // Envoy's router: a gRPC status in the answer's head counts as the HTTP status that it stands for.
    private int OutlierStatusOf(int status)
    {
        int grpcStatus = LocalReply.IsGrpc(Exchange.Request) ? GrpcStatusNames.StatusOf(Exchange.Response.Headers) : -1;
        return grpcStatus >= 0 ? LocalReply.HttpStatusOf(grpcStatus) : status;
    }

    private Attempt OnNoConnection(ConnectionFailure failure)
    {
        switch (failure)
        {
            case ConnectionFailure.Cancelled:
                return _isTryTimedOut && _abort is null ? Attempt.TryTimedOut : Attempt.Aborted;
            case ConnectionFailure.Overflow:
                return OnReset(UpstreamReset.Overflow);
            default:
                Exchange.UpstreamTransportFailureReason = _wish.Reason;
                return OnReset(failure == ConnectionFailure.Timeout ? UpstreamReset.ConnectionTimeout : UpstreamReset.ConnectionFailure);
        }
    }

    private Attempt OnReset(UpstreamReset reset)
    {
        _reset = reset;
        return Attempt.Reset;
    }

    // Outlier detection hears of an endpoint that did not answer; an answer it has been told of already.
    private void NoteNoAnswer(Attempt attempt)
    {
        bool isTimeout = attempt == Attempt.TryTimedOut || (attempt == Attempt.Aborted && ReferenceEquals(_abort, LocalReply.ResponseTimeout));
        if (isTimeout || (attempt == Attempt.Reset && _reset != UpstreamReset.Overflow && !IsStaleConnection()))
        {
            _cluster.OnNoAnswer(Exchange.Endpoint!, isTimeout);
        }
    }

    // The upstream closed a kept-alive connection just as we sent on it, without a byte of an answer (edge.md, B04).
    private bool IsStaleConnection() =>
        _reset == UpstreamReset.ConnectionTermination && _connection is { RequestCount: > 1, HasReceived: false };

    private LocalReply ReplyTo(Attempt attempt)
    {
        switch (attempt)
        {
            case Attempt.NoEndpoint:
                return LocalReply.NoHealthyUpstream;
            case Attempt.TryTimedOut:
                return LocalReply.PerTryTimeout;
            case Attempt.TooLong:
                return LocalReply.UpstreamTooLong;
            case Attempt.Reset:
                return LocalReply.OfReset(_reset, isRetried: Exchange.AttemptCount > 1);
            default:
                return _abort ?? LocalReply.DownstreamGone;
        }
    }

    private bool EndOfAnswer()
    {
        Exchange.UpstreamEndUs = Worker.Loop.NowUs;
        _isTimed = false;
        _routeTimer.Stop();
        ReleaseConnection(Exchange.IsUpstreamKeptAlive);
        return true;
    }

    // An answer that another attempt replaces: where all of it is here already, its connection can be used again.
    private void DropAnswer()
    {
        UpstreamRead read;
        ReadOnlyMemory<byte> data;
        do
        {
            read = _connection!.TryReadBody(out data);
        }
        while (read == UpstreamRead.Ok && data.Length > 0);
        ReleaseConnection(isKeptAlive: read == UpstreamRead.End && Exchange.Response.KeepAlive);
    }

    // A request that is not sent whole, or a piece of it that still waits to be sent, would be taken for the next one.
    private void ReleaseConnection(bool isKeptAlive)
    {
        UpstreamConnection connection = _connection!;
        _connection = null;
        bool isReusable = isKeptAlive && _stream.IsRequestComplete && !_upload.IsSending;
        _upload.Detach();
        EndRequest();
        _pool!.Release(connection, isReusable);
    }

    private void EndRequest()
    {
        _durationTimer.Stop();
        _cluster.OnRequestEnds(_pool!.Endpoint);
        if (_isRequestCounted)
        {
            _isRequestCounted = false;
            _cluster.Resources.Requests.Return();
        }
    }

    private bool CutShort(UpstreamRead read = UpstreamRead.Terminated)
    {
        if (_abort is { } abort)
        {
            Exchange.Flags |= abort.Flags;
            Exchange.ResponseCodeDetails = abort.Details;
        }
        else
        {
            bool isProtocolError = read == UpstreamRead.ProtocolError;
            Exchange.Flags |= isProtocolError ? ResponseFlags.UpstreamProtocolError : ResponseFlags.UpstreamConnectionTermination;
            Exchange.ResponseCodeDetails = isProtocolError
                ? "upstream_reset_after_response_started{protocol_error}"
                : "upstream_reset_after_response_started{connection_termination}";
            _cluster.Stats.UpstreamRqRxReset++;
        }

        GiveUpConnection();
        return false;
    }

    private void GiveUpConnection()
    {
        _upload.Detach();
        _tryTimer.Stop();
        if (_connection is not null)
        {
            ReleaseConnection(isKeptAlive: false);
        }
    }

    private void OnTryTimeout()
    {
        _isTryTimedOut = true;
        _cluster.Stats.UpstreamRqPerTryTimeout++;
        Interrupt();
    }

    private void OnTooLong()
    {
        _cluster.Stats.UpstreamRqMaxDurationReached++;
        if (_isHeadAwaited)
        {
            _isTooLong = true;
            Interrupt();
        }
        else
        {
            Abort(LocalReply.UpstreamTooLong);
        }
    }

    // Wakes whatever the attempt waits for.
    private void Interrupt()
    {
        // One of these only: what it waits for continues inside the call, and may be at the next request when it returns.
        if (_wish.WaitsIn is not null)
        {
            _wish.Cancel();
        }
        else if (_retries.IsPausing)
        {
            _retries.CancelPause();
        }
        else
        {
            _connection?.Connection.Abort();
        }
    }
}
