using Tidegate.Net;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Listeners;

/// <summary>Serves the connections of one worker's filter chains that pass bytes on, as <see cref="IHttpServer"/> serves those of the others.</summary>
internal interface ITcpServer
{
    /// <summary>Serves a connection.</summary>
    /// <param name="chain">The filter chain that it is for.</param>
    /// <param name="connection">The connection, plain or inside of TLS.</param>
    /// <param name="traits">What is known of it.</param>
    /// <param name="acceptance">What was noted when it was let in.</param>
    void Serve(WorkerTcpChain chain, Connection connection, ConnectionTraits traits, Acceptance acceptance);
}
