using System.Net.Security;

namespace Tidegate.Proxy.Clusters.HealthChecks;

/// <summary>How a cluster's endpoints are asked whether they are well (Envoy: <c>HealthCheck</c>). Durations are milliseconds. Immutable.</summary>
public sealed record HealthCheckPolicy
{
    /// <summary>What is asked.</summary>
    public required ProbePolicy Probe { get; init; }

    /// <summary>What checks by TLS offer instead of the cluster's application protocols (Envoy: <c>tls_options</c>); none for the cluster's.</summary>
    public IReadOnlyList<SslApplicationProtocol> ApplicationProtocols { get; init; } = [];

    /// <summary>How long an answer may take.</summary>
    public long TimeoutMs { get; init; }

    /// <summary>From one check to the next.</summary>
    public long IntervalMs { get; init; }

    /// <summary>The same while the endpoint is ill.</summary>
    public long UnhealthyIntervalMs { get; init; }

    /// <summary>The same while a healthy endpoint has failed, but not often enough.</summary>
    public long UnhealthyEdgeIntervalMs { get; init; }

    /// <summary>The same while an ill endpoint has succeeded, but not often enough.</summary>
    public long HealthyEdgeIntervalMs { get; init; }

    /// <summary>The same while the cluster has never had a connection (Envoy: 60 s when unset).</summary>
    public long NoTrafficIntervalMs { get; init; }

    /// <summary>The same for endpoints that are well.</summary>
    public long NoTrafficHealthyIntervalMs { get; init; }

    /// <summary>A random wait up to this before the first check.</summary>
    public long InitialJitterMs { get; init; }

    /// <summary>A random time up to this is added to every interval.</summary>
    public long IntervalJitterMs { get; init; }

    /// <summary>The same in percent of the interval.</summary>
    public uint IntervalJitterPercent { get; init; }

    /// <summary>Failures in a row that make an endpoint ill; one is enough where it answered, and answered badly.</summary>
    public uint UnhealthyThreshold { get; init; }

    /// <summary>Successes in a row that make it well; one is enough at the first check.</summary>
    public uint HealthyThreshold { get; init; }

    /// <summary>Whether a connection is kept from one check to the next.</summary>
    public bool ReusesConnection { get; init; } = true;
}
