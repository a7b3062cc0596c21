using System.Collections.Frozen;

namespace Tidegate.Proxy.Clusters;

/// <summary>
/// When an endpoint is left out because of its answers, and for how long (Envoy: <c>OutlierDetection</c>, whose defaults these are). Durations are
/// milliseconds. Immutable.
/// </summary>
public sealed record OutlierPolicy
{
    /// <summary>Answers 500 to 599 in a row (Envoy: <c>consecutive_5xx</c>).</summary>
    public OutlierThreshold Consecutive5xx { get; init; } = new(5, 100);

    /// <summary>Answers 502, 503 or 504 in a row (Envoy: <c>consecutive_gateway_failure</c>).</summary>
    public OutlierThreshold ConsecutiveGatewayFailure { get; init; } = new(5, 0);

    /// <summary>Failures without an answer in a row, where these are told apart (Envoy: <c>consecutive_local_origin_failure</c>).</summary>
    public OutlierThreshold ConsecutiveLocalOriginFailure { get; init; } = new(5, 100);

    /// <summary>Whether failures without an answer are told apart from bad answers; otherwise they count as 503 and 504 (Envoy: <c>split_external_local_origin_errors</c>).</summary>
    public bool SplitsLocalOrigin { get; init; }

    /// <summary>
    /// The statuses that are errors, each also where it is below 500; null for 500 to 599 (Istio: <c>outlierDetectionHttpErrorCodes</c>).
    /// </summary>
    public FrozenSet<int>? ErrorStatuses { get; init; }

    /// <summary>How often rates are looked at and ejections end.</summary>
    public long IntervalMs { get; init; } = 10_000;

    /// <summary>The first ejection's length; the n-th in a row is n times as long.</summary>
    public long BaseEjectionTimeMs { get; init; } = 30_000;

    /// <summary>An ejection's length at most.</summary>
    public long MaxEjectionTimeMs { get; init; } = 300_000;

    /// <summary>A random time up to this is added to an ejection.</summary>
    public long MaxEjectionTimeJitterMs { get; init; }

    /// <summary>The share of the endpoints that may be ejected at once.</summary>
    public uint MaxEjectionPercent { get; init; } = 10;

    /// <summary>Whether one may be ejected whatever that share says (istio-gateway.md 13; Envoy: <c>always_eject_one_host</c>).</summary>
    public bool MayAlwaysEjectOne { get; init; } = true;

    /// <summary>Whether an active health check that succeeds ends an ejection.</summary>
    public bool EndsWithActiveCheck { get; init; } = true;

    /// <summary>Endpoints whose share of good answers is far below the others' (Envoy: <c>success_rate_*</c>).</summary>
    public SuccessRatePolicy SuccessRate { get; init; } = new();

    /// <summary>Endpoints whose share of bad answers is high (Envoy: <c>failure_percentage_*</c>).</summary>
    public FailurePercentagePolicy FailurePercentage { get; init; } = new();

    /// <summary>What an answer counts as: its own status, or where <see cref="ErrorStatuses"/> says otherwise 200 for a good and 500 for a bad one.</summary>
    public int StatusThatCounts(int status)
    {
        if (ErrorStatuses is null)
        {
            return status;
        }

        return ErrorStatuses.Contains(status) ? Math.Max(status, 500) : 200;
    }

    /// <summary>Whether shares of good and bad answers have to be counted.</summary>
    public bool CountsRates => SuccessRate.EnforcingPercent + SuccessRate.EnforcingLocalOriginPercent
        + FailurePercentage.EnforcingPercent + FailurePercentage.EnforcingLocalOriginPercent > 0;
}

/// <summary>So many failures in a row, and how often that is acted on.</summary>
/// <param name="Count">The number in a row.</param>
/// <param name="EnforcingPercent">The chance that it is acted on, 0 to 100.</param>
public readonly record struct OutlierThreshold(uint Count, uint EnforcingPercent);

/// <summary>When an endpoint's success rate is too far below the mean.</summary>
public sealed record SuccessRatePolicy
{
    /// <summary>Endpoints with enough requests that there have to be.</summary>
    public uint MinimumHosts { get; init; } = 5;

    /// <summary>Requests in an interval that an endpoint has to have.</summary>
    public uint RequestVolume { get; init; } = 100;

    /// <summary>How many thousandths of a standard deviation below the mean is too far.</summary>
    public uint DeviationFactor { get; init; } = 1900;

    /// <summary>The chance that it is acted on.</summary>
    public uint EnforcingPercent { get; init; } = 100;

    /// <summary>The same for failures without an answer, where these are told apart.</summary>
    public uint EnforcingLocalOriginPercent { get; init; } = 100;
}

/// <summary>When an endpoint's share of failures is too high.</summary>
public sealed record FailurePercentagePolicy
{
    /// <summary>The share in percent.</summary>
    public uint Threshold { get; init; } = 85;

    /// <summary>Endpoints with enough requests that there have to be.</summary>
    public uint MinimumHosts { get; init; } = 5;

    /// <summary>Requests in an interval that an endpoint has to have.</summary>
    public uint RequestVolume { get; init; } = 50;

    /// <summary>The chance that it is acted on.</summary>
    public uint EnforcingPercent { get; init; }

    /// <summary>The same for failures without an answer, where these are told apart.</summary>
    public uint EnforcingLocalOriginPercent { get; init; }
}
