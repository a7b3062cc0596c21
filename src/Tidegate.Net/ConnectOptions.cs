using System.Net;

namespace Tidegate.Net;

/// <summary>How a connection is made.</summary>
public sealed record ConnectOptions
{
    /// <summary>
    /// After this many milliseconds it has failed with <see cref="IoError.TimedOut"/>; 0 waits as long as the system does.
    /// </summary>
    public long TimeoutMs { get; init; }

    /// <summary>Probes of a connection that is silent; null leaves them off.</summary>
    public KeepAliveOptions? KeepAlive { get; init; }

    /// <summary>What the system may hold for the connection.</summary>
    public SocketBuffers Buffers { get; init; }

    /// <summary>The connection's descriptor is below this, or there is no connection: see <see cref="ListenOptions.DescriptorLimit"/>.</summary>
    public int DescriptorLimit { get; init; } = int.MaxValue;

    /// <summary>The local address to connect from (Envoy: <c>upstream_bind_config</c>); null leaves the choice to the system.</summary>
    public IPEndPoint? LocalEndPoint { get; init; }
}

/// <summary>TCP keep-alive (RFC 9293, section 3.8.4). A value of 0 is the system's default.</summary>
/// <param name="IdleSeconds">Silence before the first probe.</param>
/// <param name="IntervalSeconds">From one probe to the next.</param>
/// <param name="Probes">Unanswered probes after which the connection is dead.</param>
public sealed record KeepAliveOptions(int IdleSeconds, int IntervalSeconds, int Probes);

/// <summary>What came of connecting: a connection, or why there is none.</summary>
public readonly record struct ConnectResult(Connection? Connection, IoError Error);
