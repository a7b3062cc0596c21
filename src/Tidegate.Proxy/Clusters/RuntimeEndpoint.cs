using System.Net;
using Envoy.Config.Core.V3;
using Tidegate.Net;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Clusters;

/// <summary>
/// One endpoint of a cluster. The same object stands for the same address as long as the cluster has it, whatever else changes:
/// connection pools and counts of requests are kept by it. What may change is in <see cref="State"/>.
/// </summary>
public sealed class RuntimeEndpoint
{
    private volatile EndpointState _state;
    private int _healthFlags;
    private long _healthySinceMs;

    internal RuntimeEndpoint(int index, EndPoint endPoint, string hostname, EndpointState state, long nowMs = 0)
    {
        _healthySinceMs = nowMs;
        Index = index;
        EndPoint = endPoint;
        Address = endPoint is IPEndPoint ip ? NetAddress.From(ip) : default;
        Hostname = hostname;
        _state = state;
    }

    /// <summary>A small number, its own among its cluster's endpoints: workers keep counts in arrays indexed by it.</summary>
    public int Index { get; }

    /// <summary>Where to connect to: an address with a port, or a Unix domain socket.</summary>
    public EndPoint EndPoint { get; }

    /// <summary><see cref="EndPoint"/> as a value; no address for a Unix domain socket.</summary>
    public NetAddress Address { get; }

    /// <summary>Its name: that of the DNS host it was found under, or what its assignment says; empty when neither.</summary>
    public string Hostname { get; }

    /// <summary>What an update of the cluster may change; read once where several values have to fit together.</summary>
    public EndpointState State
    {
        get => _state;
        internal set => _state = value;
    }

    /// <summary>What the proxy itself has found out about its health; nothing when it is well.</summary>
    public EndpointHealthFlags HealthFlags => (EndpointHealthFlags)Volatile.Read(ref _healthFlags);

    /// <summary>Whether requests may go to it, by its assignment and by what the proxy has found out.</summary>
    public EndpointHealth Health => HealthWith(State);

    /// <summary>Whether requests may go to it.</summary>
    public bool IsHealthy => Health is EndpointHealth.Healthy;

    /// <summary>What the workers count of it.</summary>
    public EndpointCounters Counters { get; } = new();

    /// <summary>When it was added, or became healthy again: milliseconds of the monotonic clock (<see cref="TimeProvider.GetTimestamp"/>).</summary>
    public long HealthySinceMs => Volatile.Read(ref _healthySinceMs);

    /// <summary>Whether requests may go to it, with what an assignment says and what the proxy has found out.</summary>
    internal EndpointHealth HealthWith(EndpointState state) =>
        (HealthFlags & (EndpointHealthFlags.FailedActiveHealthCheck | EndpointHealthFlags.FailedOutlierCheck)) == EndpointHealthFlags.None
            ? state.Health
            : EndpointHealth.Unhealthy;

    /// <summary>The proxy has found something wrong. True when that is news. Any control thread.</summary>
    internal bool SetHealthFlag(EndpointHealthFlags flag) => (Interlocked.Or(ref _healthFlags, (int)flag) & (int)flag) != (int)flag;

    /// <summary>What was wrong is well again. True when that is news. Any control thread.</summary>
    internal bool ClearHealthFlag(EndpointHealthFlags flag) => (Interlocked.And(ref _healthFlags, ~(int)flag) & (int)flag) != 0;

    /// <summary>It is healthy from now on: its slow start begins.</summary>
    internal void BecomeHealthy(long nowMs) => Volatile.Write(ref _healthySinceMs, nowMs);

    /// <inheritdoc/>
    public override string ToString() => EndPoint.ToString() ?? string.Empty;
}

/// <summary>What the proxy itself has found wrong with an endpoint (Envoy: health flags).</summary>
[Flags]
public enum EndpointHealthFlags
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It failed active health checks, or has not passed the first (Envoy: <c>failed_active_hc</c>).</summary>
    FailedActiveHealthCheck = 1,

    /// <summary>It was ejected because of its answers (Envoy: <c>failed_outlier_check</c>).</summary>
    FailedOutlierCheck = 2,

    /// <summary>Its last active health check got no answer in time (Envoy: <c>active_hc_timeout</c>).</summary>
    ActiveHealthCheckTimeout = 4,

    /// <summary>It has not been checked yet (Envoy: <c>pending_active_hc</c>).</summary>
    PendingActiveHealthCheck = 8,
}

/// <summary>Whether requests may go to an endpoint.</summary>
public enum EndpointHealth : byte
{
    /// <summary>They may (Envoy: <c>HEALTHY</c>, <c>UNKNOWN</c>).</summary>
    Healthy,

    /// <summary>Only when no healthy endpoint is left in its priority (Envoy: <c>DEGRADED</c>).</summary>
    Degraded,

    /// <summary>They may not (Envoy: <c>UNHEALTHY</c>, <c>TIMEOUT</c>, <c>DRAINING</c>).</summary>
    Unhealthy,
}

/// <summary>What an update of the cluster may change of an endpoint. Immutable.</summary>
public sealed record EndpointState
{
    /// <summary>Its share, from 1 up (Envoy: <c>load_balancing_weight</c>).</summary>
    public uint Weight { get; init; } = 1;

    /// <summary>Whether requests may go to it.</summary>
    public EndpointHealth Health { get; init; }

    /// <summary>What its assignment says of its health.</summary>
    public HealthStatus EdsHealth { get; init; }

    /// <summary>Its locality.</summary>
    public Locality? Locality { get; init; }

    /// <summary>Its priority; 0 is the highest.</summary>
    public uint Priority { get; init; }

    /// <summary>The port that active health checks go to; 0 for its own (Envoy: <c>health_check_config.port_value</c>).</summary>
    public int HealthCheckPort { get; init; }

    /// <summary>The host that active health checks ask for; empty for the cluster's name (Envoy: <c>health_check_config.hostname</c>).</summary>
    public string HealthCheckHostname { get; init; } = string.Empty;

    /// <summary>Whether it is not checked actively (Envoy: <c>disable_active_health_check</c>).</summary>
    public bool IsActiveCheckDisabled { get; init; }

    /// <summary>All metadata (Istio: its workload).</summary>
    public Metadata? Metadata { get; init; }
}
