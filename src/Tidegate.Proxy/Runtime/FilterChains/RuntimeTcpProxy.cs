using Envoy.Config.Accesslog.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Filters;

namespace Tidegate.Proxy.Runtime.FilterChains;

/// <summary>One of the clusters that connections go to.</summary>
/// <param name="Cluster">The cluster's place.</param>
/// <param name="Weight">Its share of the sum of all weights; more than 0.</param>
public sealed record TcpDestination(ClusterSlot Cluster, uint Weight);

/// <summary>How connections are passed on to a cluster (Envoy: <c>envoy.filters.network.tcp_proxy</c>). Immutable; durations are milliseconds.</summary>
public sealed class RuntimeTcpProxy
{
    /// <summary>What it was compiled from.</summary>
    public required TcpProxy Source { get; init; }

    /// <summary>The prefix of its statistics.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>Where connections go; one at least.</summary>
    public required IReadOnlyList<TcpDestination> Destinations { get; init; }

    /// <summary>How long no byte may pass before the connection is closed; 0 is no limit (Envoy: 1 h when unset).</summary>
    public long IdleTimeoutMs { get; init; } = 3_600_000;

    /// <summary>How often connecting is tried, each time with an endpoint that is chosen anew.</summary>
    public uint MaxConnectAttempts { get; init; } = 1;

    /// <summary>How long a client's connection may last; 0 is no limit.</summary>
    public long MaxDownstreamConnectionDurationMs { get; init; }

    /// <summary>Whether the endpoint is chosen by the client's address (<c>hash_policy: source_ip</c>).</summary>
    public bool HashesSourceAddress { get; init; }

    /// <summary>How connections go through an HTTP proxy; null when they go to endpoints as they are.</summary>
    internal TcpTunneling? Tunneling { get; init; }

    /// <summary>What each connection is logged to when it is over.</summary>
    public IReadOnlyList<AccessLog> AccessLogs { get; init; } = [];

    /// <summary>What a connection goes through before it is passed on.</summary>
    internal IReadOnlyList<ConnectionFilter> Filters { get; init; } = [];

    /// <summary>Chooses a destination by weight.</summary>
    public TcpDestination Choose(Random random)
    {
        if (Destinations.Count == 1)
        {
            return Destinations[0];
        }

        ulong total = 0;
        foreach (TcpDestination destination in Destinations)
        {
            total += destination.Weight;
        }

        ulong chosen = (ulong)random.NextInt64((long)total);
        int index = 0;
        while (chosen >= Destinations[index].Weight)
        {
            chosen -= Destinations[index].Weight;
            index++;
        }

        return Destinations[index];
    }
}
