namespace Tidegate.Proxy.Clusters;

/// <summary>
/// The limits of what is under way at once, over all workers (Envoy: <c>CircuitBreakers.Thresholds</c> of default priority).
/// Envoy's defaults; Istio sets all to the highest number.
/// </summary>
/// <param name="MaxConnections">Connections.</param>
/// <param name="MaxPendingRequests">Requests that wait for a connection.</param>
/// <param name="MaxRequests">Requests.</param>
/// <param name="MaxRetries">Attempts after the first, unless there is a budget.</param>
public sealed record CircuitBreakers(uint MaxConnections, uint MaxPendingRequests, uint MaxRequests, uint MaxRetries)
{
    /// <summary>Envoy's limits when nothing is set.</summary>
    public static readonly CircuitBreakers Default = new(1024, 1024, 1024, 3);

    /// <summary>Attempts after the first as a share of the requests under way; null when <see cref="MaxRetries"/> holds.</summary>
    public RetryBudget? RetryBudget { get; init; }
}

/// <summary>Attempts after the first as a share of the requests under way (Envoy: <c>retry_budget</c>).</summary>
/// <param name="Percent">The share in percent of requests that are active or pending.</param>
/// <param name="MinConcurrency">So many are allowed whatever the share.</param>
public sealed record RetryBudget(double Percent, uint MinConcurrency);
