using System.Net;
using System.Net.Sockets;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.HealthChecks;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>Asks one endpoint, again and again. Runs on the thread pool, on sockets of the platform: no worker is held up by it.</summary>
internal abstract class HealthProbe : IDisposable
{
    /// <summary>What asks an endpoint as a policy says.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="clusterName">Stands for the host where neither the policy nor the endpoint names one.</param>
    /// <param name="endpoint">The endpoint.</param>
    public static HealthProbe Create(HealthCheckPolicy policy, string clusterName, RuntimeEndpoint endpoint)
    {
        EndPoint address = AddressOf(endpoint);
        string host = endpoint.State.HealthCheckHostname is { Length: > 0 } own ? own : clusterName;
        return policy.Probe switch
        {
            HttpProbePolicy http => new HttpProbe(http, host, address, policy.ReusesConnection),
            GrpcProbePolicy grpc => new GrpcProbe(grpc, host, address, policy.ReusesConnection),
            TcpProbePolicy tcp => new TcpProbe(tcp, address),
            _ => throw new InvalidOperationException($"no probe for {policy.Probe}"),
        };
    }

    /// <summary>Asks once. Throws <see cref="OperationCanceledException"/> when the time is up.</summary>
    public abstract Task<ProbeResult> CheckAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>A connection to an address.</summary>
    protected static async Task<Socket> ConnectAsync(EndPoint address, CancellationToken cancellation)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, address is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // Envoy: health_check_config.port_value.
    private static EndPoint AddressOf(RuntimeEndpoint endpoint) => endpoint is { EndPoint: IPEndPoint ip, State.HealthCheckPort: > 0 and var port }
        ? new IPEndPoint(ip.Address, port)
        : endpoint.EndPoint;
}
