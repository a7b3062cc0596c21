namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of active health checks, under <c>cluster.NAME.health_check.</c>; names and meaning are Envoy's.
/// Written by control threads, under the lock of the cluster's health checker.
/// </summary>
public sealed class HealthCheckStats
{
    /// <summary><c>attempt</c>: Checks made.</summary>
    public long Attempt;

    /// <summary><c>success</c>: Checks that found the endpoint well.</summary>
    public long Success;

    /// <summary><c>failure</c>: Checks that did not, timeouts included.</summary>
    public long Failure;

    /// <summary><c>network_failure</c>: Checks that failed without an answer.</summary>
    public long NetworkFailure;

    /// <summary><c>verify_cluster</c>: Checks whose answer named another service.</summary>
    public long VerifyCluster;

    /// <summary><c>healthy</c>: Endpoints that are well.</summary>
    public long Healthy;

    /// <summary><c>degraded</c>: Endpoints that are degraded.</summary>
    public long Degraded;
}
