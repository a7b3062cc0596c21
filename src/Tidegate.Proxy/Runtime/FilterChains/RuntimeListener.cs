using System.Net;
using Envoy.Config.Accesslog.V3;
using Envoy.Config.Listener.V3;
using Tidegate.Net;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.ProxyProtocol;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Tls.Secrets;
using Tidegate.Xds;

namespace Tidegate.Proxy.Runtime.FilterChains;

/// <summary>A compiled listener. Immutable.</summary>
public sealed class RuntimeListener
{
    /// <summary>Its name, such as <c>0.0.0.0_8080</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The version that it stands for, with units that may have been refused.</summary>
    public required Listener Source { get; init; }

    /// <summary>What is in force: <see cref="Source"/>, unless units of that were refused.</summary>
    public required Listener InForce { get; init; }

    /// <summary>What of <see cref="Source"/> was refused.</summary>
    public IReadOnlyList<XdsRefusedUnit> Refused { get; init; } = [];

    /// <summary>Where it listens: the address and the additional ones.</summary>
    public required IReadOnlyList<IPEndPoint> Addresses { get; init; }

    /// <summary>What is done with connections. One of these, or <see cref="DefaultFilterChain"/>, can serve.</summary>
    public required IReadOnlyList<RuntimeFilterChain> FilterChains { get; init; }

    /// <summary>The chain for connections that no other fits; null when there is none.</summary>
    public RuntimeFilterChain? DefaultFilterChain { get; init; }

    /// <summary>All of them.</summary>
    public IEnumerable<RuntimeFilterChain> AllFilterChains => DefaultFilterChain is null ? FilterChains : FilterChains.Append(DefaultFilterChain);

    /// <summary>Finds the filter chain of a connection.</summary>
    internal FilterChainTable Chains { get; init; } = new(null);

    /// <summary>
    /// The chain that every connection gets at once: there is but one, and nothing has to be known of a connection. Null when
    /// connections have to be looked at.
    /// </summary>
    public RuntimeFilterChain? Direct { get; init; }

    /// <summary>Whether a ClientHello is read before the chain is chosen (Envoy: <c>envoy.filters.listener.tls_inspector</c>).</summary>
    public bool InspectsClientHello { get; init; }

    /// <summary>What PROXY headers connections begin with; null when such a header is no more than payload.</summary>
    public ProxyHeaderPolicy? ProxyHeader { get; init; }

    /// <summary>How long the listener filters may wait for the client, in milliseconds; 0 is no limit (Envoy: 15 s when unset).</summary>
    public long ListenerFiltersTimeoutMs { get; init; } = 15_000;

    /// <summary>Whether a connection goes on with what is known of it when that time has passed; else it is closed.</summary>
    public bool ContinuesOnListenerFiltersTimeout { get; init; }

    /// <summary>The prefix of its statistics; empty for its address (Envoy: <c>stat_prefix</c>).</summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <summary>Whether it is one of the bootstrap's.</summary>
    public bool IsStatic { get; init; }

    /// <summary>Whether sockets are opened for it at all (Envoy: <c>bind_to_port</c>).</summary>
    public bool BindsToPort { get; init; } = true;

    /// <summary>Options of its sockets, which connections inherit (Envoy: <c>socket_options</c>).</summary>
    public IReadOnlyList<SocketOption> SocketOptions { get; init; } = [];

    /// <summary>Pending connections that the kernel holds; null leaves it to the proxy's options.</summary>
    public uint? TcpBacklogSize { get; init; }

    /// <summary>Whether its connections do not count against the limit of all connections.</summary>
    public bool IgnoresGlobalConnectionLimit { get; init; }

    /// <summary>Logs of connections that no request came of.</summary>
    public IReadOnlyList<AccessLog> AccessLogs { get; init; } = [];

    /// <summary>The places of the secrets that its handshakes and its filters take.</summary>
    internal IEnumerable<SecretSlot> Secrets => AllFilterChains.SelectMany(static chain => (chain.Tls?.Secrets ?? [])
        .Concat(chain.Http?.Filters.SelectMany(static filter => filter.Filter?.Secrets ?? []) ?? []));

    /// <summary>The route configurations that it needs; it is not served before all are there.</summary>
    public IEnumerable<RouteTableSlot> RouteTables => from chain in AllFilterChains where chain.Http is not null select chain.Http!.Routes;

    /// <summary>Those of its connection managers whose routes have never arrived.</summary>
    public IEnumerable<RuntimeHttpConnectionManager> WithoutRoutes =>
        AllFilterChains.Select(static chain => chain.Http).OfType<RuntimeHttpConnectionManager>().Where(static manager => manager.Routes.Current is null);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>What is in force, without the chains in which a key is written: that is nowhere to be kept but where it came from.</summary>
    internal Listener LastGood()
    {
        var kept = new Listener(InForce);
        kept.FilterChains.Clear();
        kept.FilterChains.Add(FilterChains.Where(IsKept).Select(static chain => chain.InForce));
        if (DefaultFilterChain is { } last && !IsKept(last))
        {
            kept.DefaultFilterChain = null;
        }

        return kept;

        static bool IsKept(RuntimeFilterChain chain) =>
            !chain.IsUnavailable && chain.Tls is not { HasInlineKey: true } && !SensitiveFields.AreIn(chain.InForce);
    }
}

/// <summary>What is done with the connections that fit its match. Immutable.</summary>
public sealed class RuntimeFilterChain
{
    /// <summary>Its name; empty when it has none, as on gateways.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>What is in force of it.</summary>
    public FilterChain InForce { get; init; } = new();

    /// <summary>Whether it was refused and no earlier version was good: its connections are closed.</summary>
    public bool IsUnavailable { get; init; }

    /// <summary>What connections fit; null for all.</summary>
    public FilterChainMatch? Match { get; init; }

    /// <summary>How requests are served; null when the chain passes bytes on, or is unavailable.</summary>
    public RuntimeHttpConnectionManager? Http { get; init; }

    /// <summary>How bytes are passed on; null when the chain serves requests, or is unavailable.</summary>
    public RuntimeTcpProxy? TcpProxy { get; init; }

    /// <summary>What lets its connections in or not, before anything else is done with them.</summary>
    internal IReadOnlyList<ConnectionGate> Gates { get; init; } = [];

    /// <summary>TLS with its clients; null for plain TCP.</summary>
    public DownstreamTls? Tls { get; init; }

    /// <summary>How long the handshake may take; null leaves it to the proxy's options (Envoy: <c>transport_socket_connect_timeout</c>).</summary>
    public long? HandshakeTimeoutMs { get; init; }
}
