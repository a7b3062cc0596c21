using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.ProxyProtocol;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// One attempt at a request: an endpoint, a connection to it, the request sent on it, the head of the answer (Envoy: the router's
/// upstream request). Used again for the next attempt, and the next request.
/// </summary>
internal sealed class UpstreamAttempt
{
    private readonly DownstreamStream _stream;
    private readonly Forwarder _forwarder;
    private readonly StreamRequest _wish;
    private readonly CallbackTimer _tryTimer;
    private readonly CallbackTimer _durationTimer;
    private WorkerCluster _cluster = null!;
    private EndpointPool? _pool;
    private RequestUpload? _upload;
    private AttemptOutcome _stop;
    private bool _isHeadAwaited;
    private bool _isRequestCounted;
    private long _startUs;
    private long _firstByteUs;

    /// <param name="stream">Whose request it is.</param>
    /// <param name="forwarder">Who makes the attempt.</param>
    /// <param name="response">Where the head of the answer goes.</param>
    /// <param name="trailers">Where the fields behind its body go.</param>
    public UpstreamAttempt(DownstreamStream stream, Forwarder forwarder, ResponseHead response, HeaderMap trailers)
    {
        Trailers = trailers;
        _stream = stream;
        _forwarder = forwarder;
        Response = response;
        _wish = new StreamRequest(stream.Worker.Loop);
        _tryTimer = new CallbackTimer(stream.Worker.Loop.Timers, () => _forwarder.OnTryTimeout(this));
        _durationTimer = new CallbackTimer(stream.Worker.Loop.Timers, OnTooLong);
    }

    /// <summary>The head of the answer.</summary>
    public ResponseHead Response { get; }

    /// <summary>The endpoint; null when there was none.</summary>
    public RuntimeEndpoint? Endpoint { get; private set; }

    /// <summary>The stream; null until there is one, and when it is given back.</summary>
    public UpstreamStream? Stream { get; private set; }

    /// <summary>Whether the answer has begun and its end tells whether it is a good one (gRPC).</summary>
    public bool IsOutcomeAwaited { get; private set; }

    /// <summary>Fields behind the answer's body; complete when it has been read.</summary>
    public HeaderMap Trailers { get; }

    /// <summary>Why there is no answer, after <see cref="AttemptOutcome.Reset"/>.</summary>
    public UpstreamReset Reset { get; private set; }

    /// <summary>Whether that is the endpoint's doing, and counts against it.</summary>
    public bool IsOfEndpoint { get; private set; }

    /// <summary>What the client is told after <see cref="AttemptOutcome.Unsendable"/>.</summary>
    public LocalReply? Unsendable { get; private set; }

    /// <summary>Whether another attempt was begun in its place already, while this one goes on.</summary>
    public bool IsReplaced { get; set; }

    /// <summary>The upstream closed a kept-alive connection just as we sent on it, without a byte of an answer (edge.md, B04).</summary>
    public bool IsStaleConnection =>
        Reset == UpstreamReset.ConnectionTermination && Stream is { IsStale: true };

    /// <summary>Whether the answer says that the request goes round: to ask again would multiply it at each turn.</summary>
    public bool IsOfLoop => Response.Status == LocalReply.LoopDetected.Status && Stream is { LeadsBack: true };

    private RoutedExchange Exchange => _stream.Exchange;

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
            Stream?.Reset(StreamReset.Cancelled);
        }
    }

    /// <summary>Notes in the exchange that this attempt is the one that the client's answer comes from.</summary>
    public void Describe(HttpExchange exchange)
    {
        exchange.Endpoint = Endpoint;
        exchange.UpstreamLocalAddress = Stream!.LocalAddress;
        exchange.UpstreamStartUs = _startUs;
        exchange.UpstreamFirstByteUs = _firstByteUs;
        Response.CopyTo(exchange.Response);
    }

    /// <summary>The answer was read to its end.</summary>
    public void End()
    {
        if (IsOutcomeAwaited)
        {
            IsOutcomeAwaited = false;
            _cluster.OnOutcome(Endpoint!, GrpcOutcomeOf(Trailers) ?? Response.Status);
        }

        Release();
    }

    /// <summary>Nobody wants the answer: where all of it is here already, its connection can be used again.</summary>
    public void DropAnswer()
    {
        UpstreamRead read;
        ReadOnlyMemory<byte> data;
        do
        {
            read = Stream!.TryReadBody(out data);
        }
        while (read == UpstreamRead.Ok && data.Length > 0);
        Release();
    }

    /// <summary>Gives the attempt up, whatever has become of it.</summary>
    public void GiveUp()
    {
        if (Stream is not null)
        {
            Release();
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> RunAsync(WorkerCluster cluster, RuntimeEndpoint? endpoint, RequestUpload? upload, ReplayBuffer? body)
    {
        _cluster = cluster;
        _upload = upload;
        _stop = AttemptOutcome.None;
        IsReplaced = false;
        Endpoint = endpoint;
        int number = ++Exchange.AttemptCount;
        if (endpoint is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy++;
            return AttemptOutcome.NoEndpoint;
        }

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
            if (!HopCount.TryAdd(Stream!, Exchange.Request, Worker.Options.MaxHops))
            {
                _isHeadAwaited = false;
                _tryTimer.Stop();
                return OnUnsendable(LocalReply.LoopDetected);
            }

            if (Exchange.Request.Scheme.IsEmpty)
            {
                Exchange.Request.SetScheme(Exchange.IsDownstreamTls ? "https"u8 : "http"u8);
            }

            Exchange.UpstreamLocalAddress = Stream!.LocalAddress;
            _startUs = Worker.Loop.NowUs;
            Exchange.UpstreamStartUs = _startUs;
            if (Exchange.Route!.EndsConnect is { ProxyHeaderVersion: > 0 and int version } ends && ends.Takes(Exchange.Request))
            {
                await AnnounceClientAsync(Stream, version);
            }

            if (upload is not null)
            {
                await upload.StartAsync(Stream, Exchange.Request);
            }
            else
            {
                // A send that fails is not reported: the upstream may have answered before it closed, and reading tells.
                await body!.SendAsync(Stream, Exchange.Request, Exchange.RequestTrailers);
            }

            outcome = await ReadHeadAsync(Stream, passesInterim: upload is not null);
        }

        _isHeadAwaited = false;
        _tryTimer.Stop();
        return outcome;
    }

    // What goes to an endpoint as it is may begin with who it comes from.
    private ValueTask<bool> AnnounceClientAsync(UpstreamStream stream, int version)
    {
        byte[] header = new byte[ProxyHeaderWriter.MaxBytes];
        int length = ProxyHeaderWriter.Write(version, Exchange.DownstreamRemoteAddress, Exchange.DownstreamLocalAddress, header);
        return stream.WriteBodyAsync(header.AsMemory(0, length));
    }

    // None: there is a connection.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> ConnectAsync(RuntimeEndpoint endpoint)
    {
        bool isRaw = Exchange.Route!.EndsConnect is { } ends && ends.Takes(Exchange.Request);
        _pool = _cluster.PoolOf(endpoint, Exchange.Request, Exchange.DownstreamRemoteAddress, Exchange.DownstreamLocalAddress, isRaw);
        if (_pool is null)
        {
            return OnUnsendable(LocalReply.UnusableServerName);
        }

        ConnectionFailure failure = await _pool.AcquireAsync(_wish);
        switch (failure)
        {
            case ConnectionFailure.None:
                break;
            case ConnectionFailure.Cancelled:
                return _stop;
            case ConnectionFailure.OutOfMemory:
                return AttemptOutcome.OutOfMemory;
            case ConnectionFailure.Overflow:
                return OnReset(UpstreamReset.Overflow, isOfEndpoint: false);
            default:
                Exchange.UpstreamTransportFailureReason = _wish.Reason?.Replace(' ', '_'); // one word in a log line, as Envoy has it
                return failure switch
                {
                    ConnectionFailure.Timeout => OnReset(UpstreamReset.ConnectionTimeout),
                    ConnectionFailure.OfGateway => OnReset(UpstreamReset.LocalConnectionFailure, isOfEndpoint: false),
                    ConnectionFailure.OfHost => OnReset(UpstreamReset.ConnectionFailure, isOfEndpoint: SentHost.IsFixed(Exchange)),
                    _ => OnReset(UpstreamReset.ConnectionFailure),
                };
        }

        UpstreamStream stream = _wish.Stream!;
        if (!_cluster.Resources.TryTakeRequest(_cluster.Current.CircuitBreakers, out _isRequestCounted))
        {
            _cluster.Stats.UpstreamRqPendingOverflow++;
            stream.Release();
            return OnReset(UpstreamReset.Overflow, isOfEndpoint: false);
        }

        Stream = stream;
        _cluster.OnRequestBegins(endpoint);
        _cluster.OnConnected(endpoint);
        _durationTimer.Start(_cluster.Current.MaxStreamDurationMs);
        return _stop;
    }

    // The head of the answer, after whatever interim ones come before it (RFC 9110, section 15.2).
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<AttemptOutcome> ReadHeadAsync(UpstreamStream stream, bool passesInterim)
    {
        for (int interim = 0; interim <= _stream.Worker.Options.MaxInterimResponses; interim++)
        {
            Response.Reset();
            Trailers.Clear();
            UpstreamRead read = await stream.ReadHeadAsync(Exchange.Request, Response, Trailers);
            if (_stop != AttemptOutcome.None)
            {
                return _stop;
            }

            switch (read)
            {
                case UpstreamRead.OutOfMemory:
                    return AttemptOutcome.OutOfMemory;
                case UpstreamRead.HeadRefused:
                    return OnUnsendable(LocalReply.HeadTooLargeForUpstream);
                case UpstreamRead.TunnelRefused:
                    return OnUnsendable(LocalReply.TunnelNotTaken);
            }

            if (read != UpstreamRead.Ok)
            {
                return OnReset(ResetOf(read, stream));
            }

            int status = Response.Status;
            Response.IsTunnel = Exchange.Request.HasUpgrade ? status == 101 && Response.HasUpgrade
                : Exchange.Request.Method == KnownMethod.Connect && status is >= 200 and < 300;
            if (status >= 200 || Response.IsTunnel)
            {
                _firstByteUs = Worker.Loop.NowUs;
                Exchange.UpstreamFirstByteUs = _firstByteUs;
                OnAnswered(status);
                return AttemptOutcome.Answered;
            }

            if (status == 101)
            {
                break; // nobody asked for another protocol
            }

            _cluster.Stats.UpstreamRq.Count(status);
            ResponseHeaderPolicy.ApplyToInterim(Response);
            if (passesInterim && !await _stream.SendInterimAsync(Response))
            {
                return AttemptOutcome.Aborted;
            }
        }

        return OnReset(UpstreamReset.ProtocolError);
    }

    private static UpstreamReset ResetOf(UpstreamRead read, UpstreamStream stream) => read switch
    {
        UpstreamRead.ProtocolError => UpstreamReset.ProtocolError,
        _ when stream.IsRefused => UpstreamReset.RefusedStream,
        UpstreamRead.Reset => UpstreamReset.RemoteReset,
        _ => UpstreamReset.ConnectionTermination,
    };

    // Envoy's router: a gRPC status counts as the HTTP status that it stands for, and where the head has none, the trailers are waited for.
    private void OnAnswered(int status)
    {
        bool isGrpc = GrpcReply.IsFor(Exchange.Request);
        int? outcome = isGrpc ? GrpcOutcomeOf(Response.Headers) : null;
        IsOutcomeAwaited = isGrpc && status == 200 && outcome is null;
        if (!IsOutcomeAwaited)
        {
            _cluster.OnOutcome(Endpoint!, outcome ?? status);
        }
    }

    private static int? GrpcOutcomeOf(HeaderMap fields)
    {
        int grpcStatus = GrpcStatusNames.StatusOf(fields);
        return grpcStatus >= 0 ? GrpcReply.HttpStatusOf(grpcStatus) : null;
    }

    private AttemptOutcome OnReset(UpstreamReset reset, bool isOfEndpoint = true)
    {
        Reset = reset;
        IsOfEndpoint = isOfEndpoint && !IsStaleConnection;
        return AttemptOutcome.Reset;
    }

    private AttemptOutcome OnUnsendable(LocalReply reply)
    {
        Unsendable = reply;
        return AttemptOutcome.Unsendable;
    }

    private void Release()
    {
        UpstreamStream stream = Stream!;
        Stream = null;
        IsOutcomeAwaited = false;
        _durationTimer.Stop();
        _upload?.Detach();
        _cluster.OnRequestEnds(Endpoint!);
        if (_isRequestCounted)
        {
            _isRequestCounted = false;
            _cluster.Resources.Requests.Return();
        }

        stream.Release();
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
