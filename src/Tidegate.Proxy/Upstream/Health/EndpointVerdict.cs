using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.HealthChecks;

namespace Tidegate.Proxy.Upstream.Health;

/// <summary>What the checks of one endpoint come to (Envoy: healthy and unhealthy threshold). Of one check at a time.</summary>
internal sealed class EndpointVerdict(RuntimeEndpoint endpoint, HealthCheckPolicy policy)
{
    private bool _isFirst = true;
    private uint _successes;
    private uint _failures;

    /// <summary>Whether the endpoint is ill.</summary>
    public bool IsIll => endpoint.HealthFlags.HasFlag(EndpointHealthFlags.FailedActiveHealthCheck);

    /// <summary>Whether the last result points the other way, but was not enough to change anything.</summary>
    public bool IsOnEdge { get; private set; }

    /// <summary>Takes a result in. True when requests may go to the endpoint now and could not before, or the other way round.</summary>
    public bool Take(ProbeResult result)
    {
        bool isChanged = result == ProbeResult.Well ? Succeed() : Fail(result);
        _isFirst = false;
        endpoint.ClearHealthFlag(EndpointHealthFlags.PendingActiveHealthCheck);
        return isChanged;
    }

    /// <summary>How long to wait for the next check, without jitter.</summary>
    /// <param name="hasTraffic">Whether the cluster has ever had a connection.</param>
    public long NextIntervalMs(bool hasTraffic) => (hasTraffic, IsIll, IsOnEdge) switch
    {
        (false, true, _) => policy.NoTrafficIntervalMs,
        (false, false, _) => policy.NoTrafficHealthyIntervalMs,

        // On the edge, the last result counts: one that has just failed is watched as an ill one is.
        (true, false, true) => policy.UnhealthyEdgeIntervalMs,
        (true, true, true) => policy.HealthyEdgeIntervalMs,
        (true, true, false) => policy.UnhealthyIntervalMs,
        (true, false, false) => policy.IntervalMs,
    };

    private bool Succeed()
    {
        _failures = 0;
        IsOnEdge = false;
        if (!IsIll)
        {
            return false;
        }

        if (!_isFirst && ++_successes < policy.HealthyThreshold)
        {
            IsOnEdge = true;
            return false;
        }

        _successes = 0;
        endpoint.ClearHealthFlag(EndpointHealthFlags.ActiveHealthCheckTimeout);
        endpoint.ClearHealthFlag(EndpointHealthFlags.FailedActiveHealthCheck);
        return true;
    }

    private bool Fail(ProbeResult result)
    {
        _successes = 0;
        IsOnEdge = false;
        if (result == ProbeResult.TimedOut)
        {
            endpoint.SetHealthFlag(EndpointHealthFlags.ActiveHealthCheckTimeout);
        }
        else
        {
            endpoint.ClearHealthFlag(EndpointHealthFlags.ActiveHealthCheckTimeout);
        }

        if (IsIll)
        {
            return false;
        }

        // An answer that says so is enough; what may be the network's fault has to happen several times.
        bool mayPass = result is ProbeResult.Failed or ProbeResult.TimedOut;
        if (mayPass && ++_failures < policy.UnhealthyThreshold)
        {
            IsOnEdge = true;
            return false;
        }

        _failures = 0;
        endpoint.SetHealthFlag(EndpointHealthFlags.FailedActiveHealthCheck);
        return true;
    }
}
