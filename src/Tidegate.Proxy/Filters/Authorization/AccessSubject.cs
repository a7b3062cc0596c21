using System.Diagnostics.CodeAnalysis;
using Tidegate.Net;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Filters.Authorization;

/// <summary>What is decided about: a request, or a connection as a whole. A view over what others own.</summary>
internal readonly ref struct AccessSubject
{
    private readonly RouteRequest _request;

    /// <summary>A request as the filters before have left it.</summary>
    public AccessSubject(HttpExchange exchange)
    {
        _request = new RouteRequest(exchange.Request, exchange.IsDownstreamTls, 0);
        IsRequest = true;
        PeerAddress = exchange.DownstreamPeerAddress;
        RemoteAddress = exchange.DownstreamRemoteAddress;
        LocalAddress = exchange.DownstreamLocalAddress;
        ServerName = exchange.RequestedServerName ?? string.Empty;
        Certificate = exchange.DownstreamTls?.Peer is { IsVerified: true } peer ? peer : null;
        Metadata = exchange.DynamicMetadata;
    }

    /// <summary>A connection.</summary>
    /// <param name="client">Who has connected.</param>
    /// <param name="local">Where to.</param>
    /// <param name="serverName">The server name that TLS was asked for.</param>
    /// <param name="tls">What is known of its TLS; null when there is none, or it is passed through.</param>
    /// <param name="metadata">What filters have noted.</param>
    public AccessSubject(NetAddress client, NetAddress local, string serverName, DownstreamTlsSession? tls, DynamicMetadata metadata)
    {
        PeerAddress = client;
        RemoteAddress = client;
        LocalAddress = local;
        ServerName = serverName;
        Certificate = tls?.Peer is { IsVerified: true } peer ? peer : null;
        Metadata = metadata;
    }

    /// <summary>Whether there is a request: without one there are no fields and no path.</summary>
    public bool IsRequest { get; }

    /// <summary>The request.</summary>
    [UnscopedRef]
    public ref readonly RouteRequest Request => ref _request;

    /// <summary>Who has connected (Envoy: <c>direct_remote_ip</c>).</summary>
    public NetAddress PeerAddress { get; }

    /// <summary>For whom (Envoy: <c>remote_ip</c>).</summary>
    public NetAddress RemoteAddress { get; }

    /// <summary>Where to.</summary>
    public NetAddress LocalAddress { get; }

    /// <summary>The server name that TLS was asked for, in lower case; empty for none.</summary>
    public string ServerName { get; }

    /// <summary>The client's certificate; null when there is none, or nobody vouches for it.</summary>
    public PeerCertificate? Certificate { get; }

    /// <summary>What filters have noted.</summary>
    public DynamicMetadata Metadata { get; }
}
