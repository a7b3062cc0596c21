using System.Net;

namespace Tidegate.Proxy.Clusters;

/// <summary>
/// Keeps the endpoints of one cluster, so that the same address stays the same <see cref="RuntimeEndpoint"/> from one assignment to the next.
/// For control threads, one at a time.
/// </summary>
internal sealed class EndpointRegistry(TimeProvider time)
{
    // An index is used again only when that many others were freed after it: by then nothing counts for the endpoint that had it.
    private const int QuarantinedIndexes = 256;

    private readonly Queue<int> _free = new();
    private Dictionary<(string Address, string Hostname), RuntimeEndpoint> _known = [];
    private Dictionary<(string Address, string Hostname), RuntimeEndpoint> _next = [];
    private int _indexCount;

    /// <summary>Whether the cluster has active health checks: an endpoint that is new gets no requests before it has passed one.</summary>
    public bool ChecksEndpoints { get; set; }

    private long NowMs => (long)time.GetElapsedTime(0).TotalMilliseconds;

    /// <summary>
    /// The endpoint of an address in the assignment that is being read, with the state that it has from now on; null when the assignment has that
    /// address already, in a higher priority or before: an address is one endpoint.
    /// </summary>
    public RuntimeEndpoint? Take(EndPoint endPoint, string hostname, EndpointState state)
    {
        (string, string) key = (endPoint.ToString() ?? string.Empty, hostname);
        if (_next.ContainsKey(key))
        {
            return null;
        }

        if (_known.TryGetValue(key, out RuntimeEndpoint? endpoint))
        {
            // One that was not ready and now is begins slowly, as a new one does.
            if (state.Health == EndpointHealth.Healthy && endpoint.State.Health != EndpointHealth.Healthy)
            {
                endpoint.BecomeHealthy(NowMs);
            }

            endpoint.State = state;
        }
        else
        {
            int index = _free.Count > QuarantinedIndexes ? _free.Dequeue() : _indexCount++;
            endpoint = new RuntimeEndpoint(index, endPoint, hostname, state, NowMs);
            if (ChecksEndpoints && !state.IsActiveCheckDisabled)
            {
                endpoint.SetHealthFlag(EndpointHealthFlags.FailedActiveHealthCheck | EndpointHealthFlags.PendingActiveHealthCheck);
            }
        }

        _next.Add(key, endpoint);
        return endpoint;
    }

    /// <summary>The assignment has been read: endpoints that it does not have are forgotten.</summary>
    public void Commit()
    {
        foreach (((string Address, string Hostname) key, RuntimeEndpoint endpoint) in _known)
        {
            if (!_next.ContainsKey(key))
            {
                _free.Enqueue(endpoint.Index);
            }
        }

        _known = _next;
        _next = [];
    }
}
