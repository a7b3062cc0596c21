using System.Net;
using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Tcp;

/// <summary>The upstream side of a TCP session: chooses a cluster and an endpoint, connects, and counts what the cluster counts.</summary>
internal sealed class TcpUpstream(WorkerClusters clusters)
{
    private TcpTunneling? _tunneling;
    private long _startUs;
    private bool _isCounted;
    private bool _isTaken;

    /// <summary>The cluster; null when the one that was chosen does not exist.</summary>
    public WorkerCluster? Cluster { get; private set; }

    /// <summary>The name of the cluster that was chosen.</summary>
    public string? ClusterName { get; private set; }

    /// <summary>The endpoint of the last attempt.</summary>
    public RuntimeEndpoint? Endpoint { get; private set; }

    /// <summary>The connection, once there is one.</summary>
    public Connection? Connection { get; private set; }

    /// <summary>Our address on it.</summary>
    public NetAddress LocalAddress { get; private set; }

    /// <summary>Why there is none.</summary>
    public ResponseFlags Flags { get; private set; }

    /// <summary>Why connecting failed, as the system says it.</summary>
    public string? FailureReason { get; private set; }

    /// <summary>How often connecting was tried.</summary>
    public int AttemptCount { get; private set; }

    /// <summary>Whether the upstream cut the connection.</summary>
    public bool IsCutByPeer { get; set; }

    /// <summary>Chooses the cluster.</summary>
    public void Choose(RuntimeTcpProxy proxy)
    {
        ClusterSlot slot = proxy.Choose(clusters.Worker.Random).Cluster;
        ClusterName = slot.Name;
        Cluster = clusters.Of(slot);
    }

    /// <summary>Connects; false when it can't be done, with the reason in <see cref="Flags"/>.</summary>
    /// <param name="proxy">Where to.</param>
    /// <param name="client">Whose connection it is.</param>
    /// <param name="hash">What the endpoint is chosen by; null for nothing.</param>
    /// <param name="describe">The client's connection, as formats see it.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<bool> ConnectAsync(RuntimeTcpProxy proxy, ConnectionTraits client, ulong? hash, Func<HttpExchange> describe)
    {
        _tunneling = proxy.Tunneling;
        var purpose = new ConnectionPurpose(string.Empty, client.RemoteAddress, client.LocalAddress);
        Choose(proxy);
        if (Cluster is null)
        {
            Flags = ResponseFlags.NoClusterFound;
            return false;
        }

        while (AttemptCount < proxy.MaxConnectAttempts)
        {
            if (!TryBegin(Cluster, hash))
            {
                return false;
            }

            AttemptCount++;
            TransportResult result = LeadsBack(Endpoint!, client)
                ? new TransportResult(TransportFailure.Gateway, "the endpoint is the listener itself")
                : _tunneling is null
                ? await Cluster.ConnectAsync(Endpoint!, purpose)
                : await new TunnelRequest(Cluster).OpenAsync(Endpoint!, _tunneling, describe());
            if (result.Connection is { } connection)
            {
                Connection = connection;
                LocalAddress = connection.LocalAddress;
                if (_tunneling is null)
                {
                    Cluster.Stats.UpstreamCxConnectMs.Record((clusters.Worker.Loop.NowUs - _startUs) / 1000);
                    EndPending();
                }

                Cluster.OnRequestBegins(Endpoint!);
                Cluster.OnConnected(Endpoint!);
                Flags = ResponseFlags.None;
                FailureReason = null;
                return true;
            }

            OnConnectFailed(Cluster, result);
        }

        Flags |= ResponseFlags.UpstreamRetryLimitExceeded;
        Cluster.Stats.UpstreamCxConnectAttemptsExceeded++;
        return false;
    }

    /// <summary>Closes it, and gives back what it has taken; also when there is no connection.</summary>
    /// <param name="isRemote">Whether the upstream ended it.</param>
    public void Close(bool isRemote)
    {
        if (!_isTaken || Connection is null)
        {
            return;
        }

        Connection.Close();
        Cluster!.OnRequestEnds(Endpoint!);
        if (_tunneling is not null)
        {
            return; // the pool counts its connections
        }

        GiveBack(Cluster);
        Cluster.Stats.CountDestroyed(isRemote, isCut: false, (clusters.Worker.Loop.NowUs - _startUs) / 1000);
    }

    // Chooses an endpoint and takes what is limited.
    private bool TryBegin(WorkerCluster cluster, ulong? hash)
    {
        Endpoint = cluster.ChooseEndpoint(hash, AttemptCount);
        if (Endpoint is null)
        {
            cluster.Stats.UpstreamCxNoneHealthy++;
            Flags |= ResponseFlags.NoHealthyUpstream;
            return false;
        }

        if (_tunneling is not null)
        {
            _isTaken = true;
            return true;
        }

        if (!cluster.Resources.Connections.TryTake(cluster.Current.CircuitBreakers.MaxConnections, out _isCounted))
        {
            cluster.Stats.UpstreamCxOverflow++;
            Flags |= ResponseFlags.UpstreamOverflow;
            return false;
        }

        _isTaken = true;
        _startUs = clusters.Worker.Loop.NowUs;
        EndpointStats counters = CountersOfEndpoint();
        counters.CxTotal++;
        counters.CxActive++;
        counters.RqPendingActive++;
        cluster.Stats.UpstreamCxTotal++;
        cluster.Stats.UpstreamCxActive++;
        cluster.Stats.UpstreamRqPendingTotal++;
        cluster.Stats.UpstreamRqPendingActive++;
        return true;
    }

    // What comes in at a port and goes out to it would come in there again, and again.
    private bool LeadsBack(RuntimeEndpoint endpoint, ConnectionTraits client) =>
        _tunneling is null
        && endpoint.EndPoint is IPEndPoint address
        && address.Port == client.LocalAddress.Port
        && clusters.Worker.OwnListeners.Serve(NetAddress.From(address), client.LocalAddress);

    private void OnConnectFailed(WorkerCluster cluster, TransportResult result)
    {
        Flags |= ResponseFlags.UpstreamConnectionFailure;
        FailureReason = result.Reason;
        bool isTimeout = result.Failure == TransportFailure.Timeout;
        if (result.IsOfEndpoint)
        {
            cluster.OnNoAnswer(Endpoint!, isTimeout);
        }

        if (_tunneling is not null)
        {
            return;
        }

        cluster.Stats.UpstreamCxConnectFail++;
        cluster.Stats.UpstreamRqPendingFailureEject++;
        cluster.Stats.CountDestroyed(isByPeer: result.Failure == TransportFailure.Endpoint, isCut: false, (clusters.Worker.Loop.NowUs - _startUs) / 1000);
        CountersOfEndpoint().CxConnectFail += result.IsOfEndpoint ? 1 : 0;
        EndPending();
        cluster.Stats.UpstreamCxConnectTimeout += isTimeout ? 1 : 0;
        GiveBack(cluster);
    }

    private void GiveBack(WorkerCluster cluster)
    {
        _isTaken = false;
        cluster.Stats.UpstreamCxActive--;
        CountersOfEndpoint().CxActive--;
        if (_isCounted)
        {
            _isCounted = false;
            cluster.Resources.Connections.Return();
        }
    }

    private void EndPending()
    {
        Cluster!.Stats.UpstreamRqPendingActive--;
        CountersOfEndpoint().RqPendingActive--;
    }

    private EndpointStats CountersOfEndpoint() => Endpoint!.Counters.ForWorker(clusters.Worker.Index);
}
