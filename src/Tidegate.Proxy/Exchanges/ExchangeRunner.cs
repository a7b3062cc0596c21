using System.Buffers;
using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Paths;
using Tidegate.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Exchanges.Forwarding;
using Tidegate.Proxy.Exchanges.InternalRedirects;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.Compression;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.Hashing;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// What happens to a request between its head and the end of its answer, in the order in which it happens. One per stream; all
/// that is known of the request is in its <see cref="HttpExchange"/>.
/// </summary>
internal sealed class ExchangeRunner : IFilteredExchange
{
    // Memory for an answer's body that is kept for the next one.
    private const int MaxKeptReplyBytes = 16 * 1024;

    private readonly DownstreamStream _stream;
    private readonly Forwarder _forwarder;
    private FilterRun? _filters;
    private bool _hasFilters;
    private LocalReply? _timedOut;
    private bool _isClientGone;
    private byte[] _replyMemory = [];
    private ReadOnlyMemory<byte> _replyBody;
    private HeaderMutations _replyHeaders = HeaderMutations.None;

    public ExchangeRunner(DownstreamStream stream)
    {
        _stream = stream;
        Timers = new ExchangeTimers(this, stream);
        _forwarder = new Forwarder(stream, OnTimeout);
    }

    /// <summary>The limits of time on the exchange.</summary>
    public ExchangeTimers Timers { get; }

    private RoutedExchange Exchange => _stream.Exchange;

    private Worker Worker => _stream.Worker;

    private WorkerHttpChain Listener => _stream.Connection.Listener;

    private HttpConnectionManagerStats Stats => _stream.Connection.Stats;

    HttpExchange IFilteredExchange.Exchange => Exchange;

    Worker IFilteredExchange.Worker => Worker;

    FilterServices IFilteredExchange.Services => _stream.Services.Filters;

    HttpConnectionManagerStats IFilteredExchange.Stats => Stats;

    StatScope IFilteredExchange.StatScope => Listener.HttpScope;

    object IFilteredExchange.Connection => _stream.Connection;

    bool IFilteredExchange.IsForwarded => Exchange.Route is { Action: RouteActionKind.Forward };

    WorkerCluster? IFilteredExchange.Cluster => Exchange.Destination is { } destination ? _stream.Services.Clusters.Of(destination.Cluster) : null;

    RouteDescriptors IFilteredExchange.RouteDescriptors => Exchange.Route is { } route ? new(route.RateLimits, route.VirtualHost.RateLimits, route.IncludesHostRateLimits) : default;

    BodyEncoder? IFilteredExchange.BodyEncoder
    {
        get => _stream.BodyEncoder;
        set => _stream.BodyEncoder = value;
    }

    /// <summary>Begins with a new request on the stream.</summary>
    public void Reset()
    {
        _isClientGone = false;
        _hasFilters = false;
        _timedOut = null;
        _replyBody = default;
        _replyHeaders = HeaderMutations.None;
        if (_replyMemory.Length > MaxKeptReplyBytes)
        {
            _replyMemory = [];
        }
    }

    /// <summary>Serves the request whose head has been read.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask RunAsync()
    {
        // 1. One path for authorization, routing and forwarding (edge.md, rule 3), and the fields as the edge lets them be.
        LocalReply? reply = Admit(Exchange.Request, Exchange.ConnectionManager!);
        if (reply is null && _stream.Connection.Misdirection is { } misdirection
            && !Listener.IsRemoved && misdirection.Covers(Listener.Owner.Chains, Listener.Chain, Exchange.Request.Authority))
        {
            reply = LocalReply.Misdirected;
        }

        while (reply is null)
        {
            // 2. The route, and its filters, which may have another chosen.
            PlacedFilter[] filters = ChooseRoute();
            Timers.Start(Exchange.ConnectionManager!, Exchange.Route);
            reply = RefuseTunnel();
            if (reply is null && filters.Length + _stream.Services.FirstFilters.Count > 0)
            {
                _filters ??= new FilterRun(this);
                _hasFilters = true;
                _forwarder.Filters = _filters;
                RuntimeRoute? first = Exchange.Route;
                reply = await _filters.RunRequestAsync(_stream.Services.FirstFilters, filters);
                reply = _timedOut ?? reply ?? (Exchange.Route == first ? null : RefuseTunnel());
            }

            if (reply is not null)
            {
                break;
            }

            // 3. What the route answers itself, or the cluster.
            Stats.RqTotal++;
            WorkerCluster? cluster = null;
            switch (Exchange.Route?.Action ?? RouteActionKind.None)
            {
                case RouteActionKind.None:
                    Stats.NoRoute++;
                    reply = LocalReply.RouteNotFound;
                    break;
                case RouteActionKind.Unavailable:
                    Stats.NoRoute++;
                    reply = Exchange.Route!.Refusal;
                    break;
                case RouteActionKind.Forward:
                    reply = FindCluster(Exchange.Route!, out cluster);
                    break;
                default:
                    await AnswerFromRouteAsync(Exchange.Route!);
                    return;
            }

            // 4. The upstream. Whoever has gone away meanwhile needs no answer.
            if (reply is not null)
            {
                break;
            }

            if (!RequestHeaderPolicy.ApplyToUpstream(Exchange))
            {
                reply = RefusePath();
            }
            else if (_stream.IsClientGone)
            {
                OnClientGone(LocalReply.DownstreamGone);
                reply = LocalReply.DownstreamGone;
            }
            else
            {
                reply = await _forwarder.ForwardAsync(cluster!, Exchange.Route!);
            }

            // A redirect that the route follows itself asks for all that once more; any other answer is the client's.
            if (reply is not null || !InternalRedirect.IsMeant(Exchange) || !await TryFollowRedirectAsync())
            {
                break;
            }
        }

        // 5. The answer.
        if (reply is null)
        {
            await SendAnswerAsync();
        }
        else
        {
            await ReplyAsync(reply);
        }
    }

    /// <summary>Gives an answer of our own.</summary>
    public ValueTask ReplyAsync(LocalReply reply)
    {
        Exchange.Flags |= reply.Flags;
        Exchange.ResponseCodeDetails = reply.DetailsFor(Exchange);
        Exchange.IsLocalReply = true;
        if (_isClientGone || reply.Status == 0)
        {
            return default;
        }

        LocalAnswer answer = ByRules(reply.Status, reply.Body);
        reply.WriteTo(Exchange, answer);
        return SendLocalAsync(LocalReply.BodyFor(Exchange, answer));
    }

    /// <summary>Waits until nothing of the exchange is under way any more. Does not throw.</summary>
    public ValueTask FinishAsync()
    {
        Timers.Stop();
        if (_hasFilters)
        {
            _hasFilters = false;
            _filters!.End();
        }

        return _forwarder.FinishAsync();
    }

    /// <summary>The request is whole.</summary>
    public void OnRequestComplete()
    {
        Timers.OnRequestComplete();
        _forwarder.OnRequestComplete();
    }

    /// <summary>A limit of time on the exchange has passed: <paramref name="reply"/> is given, or what was begun is cut.</summary>
    public void OnTimeout(LocalReply reply)
    {
        if (_stream.IsWriting)
        {
            _isClientGone = true;
            Exchange.Flags |= reply.Flags;
            Exchange.ResponseCodeDetails = reply.Details;
            _stream.Reset(StreamReset.Cancelled);
            return;
        }

        _timedOut ??= reply;
        Abort(reply);
    }

    /// <summary>The client has gone, or has taken the request back; <paramref name="how"/> says it for the log.</summary>
    public void OnClientGone(LocalReply how)
    {
        if (_isClientGone)
        {
            return;
        }

        _isClientGone = true;
        Exchange.Flags |= how.Flags;
        Exchange.ResponseCodeDetails ??= how.Details;
        Abort(how);
    }

    PlacedFilter[] IFilteredExchange.ChooseRouteAgain()
    {
        RuntimeRoute? before = Exchange.Route;
        PlacedFilter[] filters = ChooseRoute();
        if (Exchange.Route != before)
        {
            Timers.Stop();
            Timers.Start(Exchange.ConnectionManager!, Exchange.Route);
        }

        return filters;
    }

    void IFilteredExchange.Refuse(LocalReply reply) => _forwarder.Abort(reply);

    bool IFilteredExchange.IsRequestRead => _stream.IsRequestComplete;

    ValueTask<LocalReply?> IFilteredExchange.BufferRequestAsync(long maxBytes, bool takesPart) => _forwarder.BufferRequestAsync(maxBytes, takesPart);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    async ValueTask<ReadOnlyMemory<byte>> IFilteredExchange.TakeAnswerAsync(int maxBytes)
    {
        if (Exchange.IsLocalReply)
        {
            ReadOnlyMemory<byte> body = _replyBody;
            _replyBody = default;
            return body[..Math.Min(body.Length, maxBytes)];
        }

        byte[] taken = new byte[maxBytes];
        return taken.AsMemory(0, await _forwarder.TakeBodyAsync(taken));
    }

    void IFilteredExchange.CopyBufferedRequest(IBufferWriter<byte> destination) => _forwarder.CopyBufferedRequest(destination);

    ValueTask<bool> IFilteredExchange.SendInterimAsync(ResponseHead head) => _stream.SendInterimAsync(head);

    // Whatever waits for the exchange ends, after this call.
    private void Abort(LocalReply reason)
    {
        if (_hasFilters)
        {
            _filters!.Abort(reason);
        }

        _forwarder.Abort(reason);
    }

    private LocalReply? Admit(RequestHead request, RuntimeHttpConnectionManager manager)
    {
        PathResult path = request.NormalizePath(manager.PathOptions);
        RequestHeaderPolicy.ApplyAtEdge(Exchange, Worker.Random);
        return path switch
        {
            PathResult.Rejected => RefusePath(),
            _ when request.Method == KnownMethod.Other && request.MethodName.Length > Worker.Options.MaxMethodBytes => LocalReply.MethodTooLong,
            PathResult.Redirect => RedirectToPath(request),
            _ when request.Method == KnownMethod.Options && request.Path.SequenceEqual("*"u8) => RefuseAsterisk(),
            _ => null,
        };
    }

    private LocalReply RefusePath()
    {
        Stats.DownstreamRqFailedPathNormalization++;
        return LocalReply.PathNormalizationFailed;
    }

    private LocalReply RefuseAsterisk()
    {
        Stats.DownstreamRqNonRelativePath++;
        return LocalReply.AsteriskRejected;
    }

    // Two slashes at the begin of a location name another host (edge.md, X14).
    private LocalReply RedirectToPath(RequestHead request)
    {
        if (request.Path.StartsWith("//"u8))
        {
            return RefusePath();
        }

        Stats.DownstreamRqRedirectedWithNormalizedPath++;
        return LocalReply.PathRedirect;
    }

    // Chooses the route, and where it leads: filters may be the destination's own. Returns the filters.
    private PlacedFilter[] ChooseRoute()
    {
        RuntimeHttpConnectionManager manager = Exchange.ConnectionManager!;
        var asked = new RouteRequest(Exchange.Request, Exchange.IsDownstreamTls, (ulong)Worker.Random.NextInt64()) { Metadata = Exchange.DynamicMetadata };
        RuntimeRoute? route = manager.Routes.Current?.Match(asked);
        Exchange.Route = route;
        if (route is not { Action: RouteActionKind.Forward })
        {
            Exchange.Destination = null;
            Exchange.ClusterName = null;
            Exchange.Cluster = null;
            return route is null ? manager.DefaultChain : route.Filters.For(manager);
        }

        RouteDestination destination = route.ChooseDestination((ulong)Worker.Random.NextInt64());
        if (Exchange.IsGrpc && manager.GrpcStats is { } calls && _stream.Services.Clusters.Of(destination.Cluster) is { } cluster)
        {
            Exchange.GrpcCounters = calls.CountersOf(cluster.Stats.Grpc, Exchange.Request.Path, Worker.Options.MaxGrpcMethodsPerCluster);
        }

        Exchange.Destination = destination;
        Exchange.ClusterName = destination.Cluster.Name;
        Exchange.Cluster = destination.Cluster.Current;
        return destination.Filters.For(manager);
    }

    private LocalReply? RefuseTunnel()
    {
        if (!Exchange.Request.AsksForTunnel || Exchange.Route is not { } route || AllowsTunnel(Exchange.Request, route))
        {
            return null;
        }

        Stats.DownstreamRqWsOnNonWsRoute++;
        return LocalReply.UpgradeFailed;
    }

    private LocalReply? FindCluster(RuntimeRoute route, out WorkerCluster? cluster)
    {
        cluster = _stream.Services.Clusters.Of(Exchange.Destination!.Cluster);
        Exchange.Cluster = cluster?.Current;
        if (cluster is not null)
        {
            if (route.Hash is not null && cluster.Current.LoadBalancer.UsesHash)
            {
                Hash(route.Hash);
            }

            return null;
        }

        Stats.NoCluster++;
        return route.ClusterNotFoundStatus == 500 ? LocalReply.ClusterNotFoundInternal : LocalReply.ClusterNotFound;
    }

    // Before the fields are changed for the upstream: it is what the client sent that counts.
    private void Hash(RequestHash hash)
    {
        List<byte[]>? setCookies = null;
        Exchange.HashKey = hash.Compute(
            new HashSource(Exchange.Request, Exchange.DownstreamRemoteAddress, Exchange.DownstreamPeerAddress, Exchange.DownstreamLocalAddress),
            ref setCookies);
        Exchange.SetCookies = setCookies;
    }

    private ValueTask AnswerFromRouteAsync(RuntimeRoute route)
    {
        Exchange.IsLocalReply = true;
        Exchange.ResponseCodeDetails = "direct_response";
        ReadOnlyMemory<byte> body = RouteAnswers.Write(Exchange, route, (ulong)Worker.Random.NextInt64());
        if (Exchange.ConnectionManager!.LocalReplies is not null && !Exchange.IsGrpc)
        {
            body = RouteAnswers.Rewrite(Exchange, ByRules(Exchange.Response.Status, body));
        }

        Stats.RqDirectResponse++;
        return SendLocalAsync(body);
    }

    // An answer of our own as the listener wants it to be.
    private LocalAnswer ByRules(int status, ReadOnlyMemory<byte> body)
    {
        Exchange.LocalReplyBody = body;
        if (Exchange.ConnectionManager!.LocalReplies is not { } rules)
        {
            return LocalAnswer.Of(status, body);
        }

        LocalAnswer answer = rules.Apply(Exchange, status, body, ref _replyMemory);
        _replyHeaders = answer.Headers;
        return answer;
    }

    // The request becomes the one that the redirect asks for. False: the client gets the redirect.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> TryFollowRedirectAsync()
    {
        RuntimeCluster cluster = Exchange.Cluster!;
        bool isRead = Exchange.Response.Status == 303;
        if (!_forwarder.CanForwardAgain || !InternalRedirect.TryFollow(Exchange, Stats, (ulong)Worker.Random.NextInt64()))
        {
            _stream.Services.Clusters.Of(cluster.Slot)!.Stats.UpstreamInternalRedirectFailedTotal++;
            return false;
        }

        _stream.Services.Clusters.Of(cluster.Slot)!.Stats.UpstreamInternalRedirectSucceededTotal++;
        Timers.Stop();
        await _forwarder.ForgetAnswerAsync(keepsBody: !isRead);
        if (_hasFilters)
        {
            _hasFilters = false;
            _filters!.End();
        }

        Exchange.BeginAnotherWay();
        return true;
    }

    // What such an answer is given to say is not sent: behind its head it would be taken for the next answer (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5).
    private static ReadOnlyMemory<byte> WithoutContent(ResponseHead response)
    {
        response.Headers.Remove(KnownHeader.ContentType);
        response.ContentLength = 0;
        response.Framing = response.Status == 205 ? MessageFraming.ContentLength : MessageFraming.None;
        return default;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask SendLocalAsync(ReadOnlyMemory<byte> body)
    {
        if (Exchange.Response.Status is 204 or 205 or 304)
        {
            body = WithoutContent(Exchange.Response);
        }

        _replyBody = body;
        await ApplyResponsePolicyAsync();
        body = _replyBody;
        if (Exchange.HasRequestHead && !_stream.IsRequestComplete && !_forwarder.IsReadingRequest)
        {
            _stream.DropRequest();
        }

        _stream.AppendHead(Exchange.Response);
        if (body.Length > 0 && !await _stream.WriteBodyAsync(body))
        {
            return;
        }

        await _stream.EndAsync();
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask SendAnswerAsync()
    {
        ResponseHead response = Exchange.Response;
        bool isNoHandshake = IsNoHandshake(Exchange.Request, response);
        Exchange.ResponseCodeDetails = isNoHandshake ? "websocket_handshake_unsuccessful" : "via_upstream";
        AddSetCookies(response);
        if (isNoHandshake)
        {
            WithoutContent(response);
            response.ContentLength = -1;
        }

        await ApplyResponsePolicyAsync();
        _stream.AppendHead(response);
        if (response.IsTunnel)
        {
            await RunTunnelAsync();
        }
        else if (isNoHandshake)
        {
            await _stream.EndAsync();
        }
        else if (await _forwarder.StreamBodyAsync())
        {
            await _stream.EndAsync();
        }
    }

    // An HTTP/1.1 endpoint that says yes to a WebSocket without changing the protocol: its client gets the head, and nothing that could be taken for messages.
    private static bool IsNoHandshake(RequestHead request, ResponseHead response) =>
        response is { IsTunnel: false, Version: HttpVersion.Http11, Status: >= 200 and < 300 } && ExtendedConnect.IsWebSocket(request);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask RunTunnelAsync()
    {
        if (!await _stream.FlushAsync())
        {
            return;
        }

        HttpConnectionManagerStats stats = Stats;
        stats.DownstreamCxUpgradesTotal++;
        stats.DownstreamCxUpgradesActive++;
        try
        {
            if (await _forwarder.RunTunnelAsync())
            {
                await _stream.EndAsync();
            }
            else
            {
                _stream.Reset(StreamReset.ConnectError);
            }
        }
        finally
        {
            stats.DownstreamCxUpgradesActive--;
        }
    }

    // Envoy: upgrade_configs, of the route before those of the listener. Several protocols in one field are one that nobody knows.
    private bool AllowsTunnel(RequestHead request, RuntimeRoute route)
    {
        ReadOnlySpan<byte> asked = "connect"u8;
        if (request.Method != KnownMethod.Connect && !request.Headers.TryGet(KnownHeader.Upgrade, out asked))
        {
            return false;
        }

        return route.Upgrades.Allows(asked) ?? Exchange.ConnectionManager!.Upgrades.Allows(asked) ?? false;
    }

    private void AddSetCookies(ResponseHead response)
    {
        if (Exchange.SetCookies is { } cookies)
        {
            foreach (byte[] cookie in cookies)
            {
                response.Headers.Add(KnownHeader.SetCookie, cookie);
            }
        }
    }

    // The route, then its filters, then what the gateway says in every answer.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask ApplyResponsePolicyAsync()
    {
        Exchange.ResponseStatus = Exchange.Response.Status;
        ResponseHeaderPolicy.ApplyRoute(Exchange);
        _replyHeaders.Apply(Exchange.Response.Headers, Exchange);
        if (_hasFilters)
        {
            await _filters!.RunResponseAsync();
            Exchange.ResponseStatus = Exchange.Response.Status;
        }

        ResponseHeaderPolicy.ApplyAtEdge(Exchange, Worker.Date);
    }
}
