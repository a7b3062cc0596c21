using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.HealthChecks;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>Asks one endpoint, again and again. Runs on the thread pool, on sockets of the platform: no worker is held up by it.</summary>
internal abstract class HealthProbe : IDisposable
{
    /// <summary>What asks an endpoint as a policy says.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="clusterName">Stands for the host where neither the policy nor the endpoint names one.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="tls">How requests to the endpoint are encrypted, and so its checks; null for not at all.</param>
    public static HealthProbe Create(HealthCheckPolicy policy, string clusterName, RuntimeEndpoint endpoint, UpstreamTls? tls)
    {
        var target = new ProbeTarget(AddressOf(endpoint), tls, policy.ApplicationProtocols);
        string host = endpoint.State.HealthCheckHostname is { Length: > 0 } own ? own : clusterName;
        return policy.Probe switch
        {
            HttpProbePolicy http => new HttpProbe(http, host, target, policy.ReusesConnection),
            GrpcProbePolicy grpc => new GrpcProbe(grpc, host, target, policy.ReusesConnection),
            TcpProbePolicy tcp => new TcpProbe(tcp, target),
            _ => throw new InvalidOperationException($"no probe for {policy.Probe}"),
        };
    }

    /// <summary>Asks once. Throws <see cref="OperationCanceledException"/> when the time is up.</summary>
    public abstract Task<ProbeResult> CheckAsync(CancellationToken cancellation);

    /// <inheritdoc/>
    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <summary>What an exception of sockets, streams, TLS or HTTP says of the endpoint; null for any other.</summary>
    protected static ProbeResult? ResultOf(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is SecretNotKnownException
                or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable or SocketError.AddressNotAvailable or SocketError.AccessDenied })
            {
                return ProbeResult.NotMade;
            }
        }

        return exception is HttpRequestException or IOException or SocketException or AuthenticationException ? ProbeResult.Failed : null;
    }

    // Envoy: health_check_config.port_value.
    private static EndPoint AddressOf(RuntimeEndpoint endpoint) => endpoint is { EndPoint: IPEndPoint ip, State.HealthCheckPort: > 0 and var port }
        ? new IPEndPoint(ip.Address, port)
        : endpoint.EndPoint;
}
