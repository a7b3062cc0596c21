using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Runtime;
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
    private WorkerCluster _cluster = null!;
    private EndpointPool? _pool;
    private UpstreamConnection? _connection;
    private AbortReason _abort;
    private UpstreamReset _reset;
    private bool _isTryTimedOut;
    private bool _isUploadBegun;

    public Forwarder(Http1Stream stream)
    {
        _stream = stream;
        _upload = new RequestUpload(stream, this);
        _retries = new RetryState(stream.Worker);
        _mirroring = new Mirroring(stream);
        _routeTimer = new CallbackTimer(stream.Worker.Loop.Timers, () => Abort(AbortReason.RouteTimeout));
        _tryTimer = new CallbackTimer(stream.Worker.Loop.Timers, OnTryTimeout);
    }

    private enum AbortReason : byte
    {
        None,
        Downstream,
        RouteTimeout,
        RequestBodyTimeout,
        RequestBodyInvalid,
    }

    private enum Attempt : byte
    {
        Answered,
        NoEndpoint,
        Reset,
        TryTimedOut,
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
        _abort = AbortReason.None;
        _retries.Begin(cluster, route, Exchange.Request);
        if (route.Mirrors.Count > 0)
        {
            _mirroring.Choose(route.Mirrors);
        }

        bool isKept = (_retries.IsEnabled || _mirroring.IsPending) && !_stream.IsRequestComplete;
        _upload.Begin(isKept ? Worker.Options.RetryBufferBytes : 0);
        _isUploadBegun = true;
        if (_mirroring.IsPending && _stream.IsRequestComplete)
        {
            _mirroring.Send(cluster, _upload.Kept);
        }

        _routeTimer.Start(route.TimeoutMs);
        while (true)
        {
            // 1. An attempt.
            Attempt attempt = await AttemptAsync();
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
                        return null;
                    }

                    break;
                case Attempt.Reset:
                    retry = _retries.ShouldRetryReset(_reset, _upload.CanReplay, IsStaleConnection(), Exchange.Request.Method);
                    break;
                case Attempt.TryTimedOut:
                    retry = _retries.ShouldRetryTimeout(_upload.CanReplay);
                    break;
                default:
                    retry = false;
                    break;
            }

            // 3. The end, or another attempt after a pause.
            if (!retry)
            {
                LocalReply reply = ReplyTo(attempt);
                GiveUpConnection();
                return reply;
            }

            GiveUpConnection();
            await _retries.PauseAsync();
            if (_abort != AbortReason.None)
            {
                return ReplyTo(Attempt.Aborted);
            }
        }
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
    public void OnDownstreamClosed() => Abort(AbortReason.Downstream);

    /// <summary>The client's body was read to its end.</summary>
    public void OnRequestRead()
    {
        if (_mirroring.IsPending)
        {
            _mirroring.Send(_cluster, _upload.Kept);
        }
    }

    /// <summary>The client's body breaks its framing.</summary>
    public void OnRequestBodyInvalid() => Abort(AbortReason.RequestBodyInvalid);

    /// <summary>The client's body does not come.</summary>
    public void OnRequestBodyTimeout() => Abort(AbortReason.RequestBodyTimeout);

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
        _tryTimer.Start(_retries.PerTryTimeoutMs);
        RequestHeaderPolicy.SetAttempt(Exchange);

        // 2. The connection.
        _pool = _cluster.PoolOf(endpoint);
        ConnectionFailure failure = await _pool.AcquireAsync(_wish);
        if (failure != ConnectionFailure.None)
        {
            return OnNoConnection(failure);
        }

        UpstreamConnection connection = _wish.Connection!;
        _connection = connection;
        _cluster.OnRequestBegins(endpoint);
        _cluster.OnConnected(endpoint);
        if (_abort != AbortReason.None)
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
            if (_abort != AbortReason.None)
            {
                return Attempt.Aborted;
            }

            if (_isTryTimedOut)
            {
                _cluster.Stats.UpstreamRqPerTryTimeout++;
                return Attempt.TryTimedOut;
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
                _cluster.OnAnswer(endpoint, status);
                return Attempt.Answered;
            }

            if (status == 101)
            {
                break; // nobody asked for another protocol
            }

            ResponseHeaderPolicy.ApplyToInterim(Exchange.Response);
            if (!await _stream.SendInterimAsync(Exchange.Response))
            {
                return Attempt.Aborted;
            }
        }

        return OnReset(UpstreamReset.ProtocolError);
    }

    private Attempt OnNoConnection(ConnectionFailure failure)
    {
        switch (failure)
        {
            case ConnectionFailure.Cancelled:
                return _isTryTimedOut && _abort == AbortReason.None ? Attempt.TryTimedOut : Attempt.Aborted;
            case ConnectionFailure.Overflow:
                return OnReset(UpstreamReset.Overflow);
            default:
                Exchange.UpstreamTransportFailureReason = $"delayed connect error: {_wish.Error}";
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
        bool isTimeout = attempt == Attempt.TryTimedOut || (attempt == Attempt.Aborted && _abort == AbortReason.RouteTimeout);
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
            case Attempt.Reset:
                Exchange.Flags |= _retries.LimitFlag;
                return LocalReply.OfReset(_reset, isRetried: Exchange.AttemptCount > 1);
            default:
                return _abort switch
                {
                    AbortReason.RouteTimeout => LocalReply.ResponseTimeout,
                    AbortReason.RequestBodyTimeout => LocalReply.RequestBodyTimeout,
                    AbortReason.RequestBodyInvalid => LocalReply.BodyCodecError,
                    _ => LocalReply.DownstreamGone,
                };
        }
    }

    private bool EndOfAnswer()
    {
        Exchange.UpstreamEndUs = Worker.Loop.NowUs;
        _routeTimer.Stop();
        UpstreamConnection connection = _connection!;
        _connection = null;
        bool isReusable = Exchange.IsUpstreamKeptAlive && _stream.IsRequestComplete;
        _upload.Detach();
        _cluster.OnRequestEnds(_pool!.Endpoint);
        _pool.Release(connection, isReusable);
        return true;
    }

    private bool CutShort(UpstreamRead read = UpstreamRead.Terminated)
    {
        if (_abort == AbortReason.RouteTimeout)
        {
            Exchange.Flags |= ResponseFlags.UpstreamRequestTimeout;
            Exchange.ResponseCodeDetails = "response_timeout";
        }
        else if (_abort == AbortReason.None)
        {
            bool isProtocolError = read == UpstreamRead.ProtocolError;
            Exchange.Flags |= isProtocolError ? ResponseFlags.UpstreamProtocolError : ResponseFlags.UpstreamConnectionTermination;
            Exchange.ResponseCodeDetails = isProtocolError
                ? "upstream_reset_after_response_started{protocol_error}"
                : "upstream_reset_after_response_started{connection_termination}";
            _cluster.Stats.UpstreamRqRxReset++;
            _cluster.OnNoAnswer(_pool!.Endpoint, isTimeout: false);
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
            UpstreamConnection connection = _connection;
            _connection = null;
            _cluster.OnRequestEnds(_pool!.Endpoint);
            _pool.Release(connection, isReusable: false);
        }
    }

    private void OnTryTimeout()
    {
        _isTryTimedOut = true;
        Interrupt();
    }

    private void Abort(AbortReason reason)
    {
        if (_abort == AbortReason.None)
        {
            _abort = reason;
            if (reason == AbortReason.Downstream)
            {
                Exchange.Flags |= ResponseFlags.DownstreamConnectionTermination;
                Exchange.ResponseCodeDetails = "downstream_remote_disconnect";
            }
            else if (reason == AbortReason.RouteTimeout)
            {
                _cluster.Stats.UpstreamRqTimeout++;
            }
        }

        Interrupt();
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
