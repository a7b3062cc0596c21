namespace Tidegate.Net;

/// <summary>How a listening socket is made.</summary>
public sealed record ListenOptions
{
    /// <summary>
    /// Connections that the kernel holds until they are accepted (Envoy: <c>tcp_backlog_size</c>); it caps this at
    /// net.core.somaxconn.
    /// </summary>
    public int Backlog { get; init; } = 1024;

    /// <summary>Connections accepted at one go, before others get their turn.</summary>
    public int MaxAcceptsPerTurn { get; init; } = 64;

    /// <summary>
    /// Each loop binds a socket of its own and the kernel spreads the clients (SO_REUSEPORT; Envoy: <c>enable_reuse_port</c>).
    /// </summary>
    public bool ReusePort { get; init; } = true;

    /// <summary>An IPv6 socket takes IPv4 clients too (Envoy: <c>ipv4_compat</c>).</summary>
    public bool DualStack { get; init; }

    /// <summary>Probes of accepted connections that are silent; null leaves them off.</summary>
    public KeepAliveOptions? KeepAlive { get; init; }

    /// <summary>What the system may hold for each accepted connection.</summary>
    public SocketBuffers Buffers { get; init; }

    /// <summary>
    /// Accepted connections have descriptors below this; one that would not is closed, as if there were none left. The system gives the lowest that is free, so what is above
    /// stays for other things than connections.
    /// </summary>
    public int DescriptorLimit { get; init; } = int.MaxValue;

    /// <summary>More options of the socket, which accepted connections inherit; set before it is bound. One that the kernel refuses is passed over.</summary>
    public IReadOnlyList<SocketOption> SocketOptions { get; init; } = [];

    /// <summary>How long the socket rests when there are no file descriptors left, in milliseconds.</summary>
    public int BackOffMs { get; init; } = 100;
}

/// <summary>Who gets the connections of a listening socket. Called on the loop.</summary>
public interface IAcceptHandler
{
    /// <summary>
    /// A client has connected; the connection is the handler's from now on. When this throws, the loop reports it and resets the
    /// connection.
    /// </summary>
    void OnAccepted(Connection connection);

    /// <summary>So many connections were accepted one behind the other, each of which was told before.</summary>
    void OnAcceptedTogether(int count)
    {
    }

    /// <summary>
    /// Clients cannot be accepted: no file descriptors or no memory left. The socket rests for <see
    /// cref="ListenOptions.BackOffMs"/> and tries again by itself.
    /// </summary>
    void OnAcceptFailed(IoError error);
}
