using Tidegate.Net;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Tcp;

/// <summary>Serves the clients of one worker's chains that pass bytes on.</summary>
internal sealed class TcpServer(WorkerClusters clusters) : ITcpServer
{
    /// <inheritdoc/>
    public void Serve(WorkerTcpChain chain, Connection connection, ConnectionTraits traits, Acceptance acceptance)
    {
        var session = new TcpSession(chain, clusters, connection, traits) { Acceptance = acceptance };
        chain.Owner.Add(session);
        chain.Worker.Run(session.RunAsync());
    }
}
