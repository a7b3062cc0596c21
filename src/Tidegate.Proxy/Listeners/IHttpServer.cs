using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Listeners;

/// <summary>Serves the connections of one worker's filter chains for HTTP: who speaks the protocols lies above who accepts.</summary>
internal interface IHttpServer
{
    /// <summary>Serves a connection in HTTP/1.1.</summary>
    /// <param name="chain">The filter chain that it is for.</param>
    /// <param name="connection">The connection, plain or inside of TLS.</param>
    /// <param name="traits">What is known of it; null when nothing was found out.</param>
    /// <param name="acceptance">What was noted when it was let in.</param>
    /// <param name="mayBecomeHttp2">Whether its first bytes may make it one of HTTP/2 (RFC 9113, section 3.3).</param>
    void ServeHttp1(WorkerHttpChain chain, Connection connection, ConnectionTraits? traits, Acceptance acceptance, bool mayBecomeHttp2);

    /// <summary>Serves a connection in HTTP/2.</summary>
    /// <param name="chain">The filter chain that it is for.</param>
    /// <param name="connection">The connection, plain or inside of TLS.</param>
    /// <param name="traits">What is known of it; null when nothing was found out.</param>
    /// <param name="acceptance">What was noted when it was let in.</param>
    /// <param name="received">What was received already; it is the callee's.</param>
    void ServeHttp2(WorkerHttpChain chain, Connection connection, ConnectionTraits? traits, Acceptance acceptance, ReceiveBuffer received);
}
