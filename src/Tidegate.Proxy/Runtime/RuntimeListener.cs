using System.Net;
using Envoy.Config.Accesslog.V3;
using Envoy.Config.Listener.V3;

namespace Tidegate.Proxy.Runtime;

/// <summary>A compiled listener. Immutable.</summary>
public sealed class RuntimeListener
{
    /// <summary>Its name, such as <c>0.0.0.0_8080</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it was compiled from.</summary>
    public required Listener Source { get; init; }

    /// <summary>Where it listens: the address and the additional ones.</summary>
    public required IReadOnlyList<IPEndPoint> Addresses { get; init; }

    /// <summary>What is done with connections; one at least.</summary>
    public required IReadOnlyList<RuntimeFilterChain> FilterChains { get; init; }

    /// <summary>The chain for connections that no other fits; null when there is none.</summary>
    public RuntimeFilterChain? DefaultFilterChain { get; init; }

    /// <summary>The prefix of its statistics; empty for its address (Envoy: <c>stat_prefix</c>).</summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <summary>Whether it is one of the bootstrap's.</summary>
    public bool IsStatic { get; init; }

    /// <summary>Whether sockets are opened for it at all (Envoy: <c>bind_to_port</c>).</summary>
    public bool BindsToPort { get; init; } = true;

    /// <summary>How many bytes a connection may hold before reading pauses; null leaves it to the proxy's options.</summary>
    public uint? PerConnectionBufferLimitBytes { get; init; }

    /// <summary>Pending connections that the kernel holds; null leaves it to the proxy's options.</summary>
    public uint? TcpBacklogSize { get; init; }

    /// <summary>Whether its connections do not count against the limit of all connections.</summary>
    public bool IgnoresGlobalConnectionLimit { get; init; }

    /// <summary>Logs of connections that no request came of.</summary>
    public IReadOnlyList<AccessLog> AccessLogs { get; init; } = [];

    /// <summary>The route configurations that it needs; it is not served before all are there.</summary>
    public IEnumerable<RouteTableSlot> RouteTables
    {
        get
        {
            foreach (RuntimeFilterChain chain in FilterChains)
            {
                yield return chain.Http.Routes;
            }

            if (DefaultFilterChain is not null)
            {
                yield return DefaultFilterChain.Http.Routes;
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>What is done with the connections that fit its match. Immutable.</summary>
public sealed class RuntimeFilterChain
{
    /// <summary>Its name; empty when it has none, as on gateways.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>What connections fit; null for all. Until TLS is built, only a chain without conditions compiles.</summary>
    public FilterChainMatch? Match { get; init; }

    /// <summary>How requests are served; chains of another kind than HTTP do not compile yet.</summary>
    public required RuntimeHttpConnectionManager Http { get; init; }
}
