using Tidegate.Proxy.Upstream.Health;

namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of ejections, under <c>cluster.NAME.outlier_detection.</c>; names and meaning are Envoy's.
/// Written by control threads, under the lock of the cluster's <see cref="OutlierDetector"/>.
/// </summary>
public sealed class OutlierStats
{
    /// <summary><c>ejections_active</c>: Endpoints that are ejected.</summary>
    public long EjectionsActive;

    /// <summary><c>ejections_total</c>: Endpoints found by answers 500 to 599 in a row or by their success rate, while not too many were ejected.</summary>
    public long EjectionsTotal;

    /// <summary><c>ejections_enforced_total</c>: Ejections.</summary>
    public long EjectionsEnforcedTotal;

    /// <summary><c>ejections_overflow</c>: Endpoints not ejected because too many are.</summary>
    public long EjectionsOverflow;

    /// <summary><c>ejections_detected_consecutive_5xx</c>: Endpoints found with too many answers 500 to 599 in a row.</summary>
    public long EjectionsDetectedConsecutive5xx;

    /// <summary><c>ejections_enforced_consecutive_5xx</c>: Endpoints ejected for too many answers 500 to 599 in a row.</summary>
    public long EjectionsEnforcedConsecutive5xx;

    /// <summary><c>ejections_detected_consecutive_gateway_failure</c>: Endpoints found with too many answers 502, 503 or 504 in a row.</summary>
    public long EjectionsDetectedConsecutiveGatewayFailure;

    /// <summary><c>ejections_enforced_consecutive_gateway_failure</c>: Endpoints ejected for too many answers 502, 503 or 504 in a row.</summary>
    public long EjectionsEnforcedConsecutiveGatewayFailure;

    /// <summary><c>ejections_detected_consecutive_local_origin_failure</c>: Endpoints found with too many failures without an answer in a row.</summary>
    public long EjectionsDetectedConsecutiveLocalOriginFailure;

    /// <summary><c>ejections_enforced_consecutive_local_origin_failure</c>: Endpoints ejected for too many failures without an answer in a row.</summary>
    public long EjectionsEnforcedConsecutiveLocalOriginFailure;

    /// <summary><c>ejections_detected_success_rate</c>: Endpoints found with far fewer good answers than the others.</summary>
    public long EjectionsDetectedSuccessRate;

    /// <summary><c>ejections_enforced_success_rate</c>: Endpoints ejected for far fewer good answers than the others.</summary>
    public long EjectionsEnforcedSuccessRate;

    /// <summary><c>ejections_detected_local_origin_success_rate</c>: Endpoints found with far more failures without an answer than the others.</summary>
    public long EjectionsDetectedLocalOriginSuccessRate;

    /// <summary><c>ejections_enforced_local_origin_success_rate</c>: Endpoints ejected for far more failures without an answer than the others.</summary>
    public long EjectionsEnforcedLocalOriginSuccessRate;

    /// <summary><c>ejections_detected_failure_percentage</c>: Endpoints found with too many bad answers.</summary>
    public long EjectionsDetectedFailurePercentage;

    /// <summary><c>ejections_enforced_failure_percentage</c>: Endpoints ejected for too many bad answers.</summary>
    public long EjectionsEnforcedFailurePercentage;

    /// <summary><c>ejections_detected_local_origin_failure_percentage</c>: Endpoints found with too many failures without an answer.</summary>
    public long EjectionsDetectedLocalOriginFailurePercentage;

    /// <summary><c>ejections_enforced_local_origin_failure_percentage</c>: Endpoints ejected for too many failures without an answer.</summary>
    public long EjectionsEnforcedLocalOriginFailurePercentage;

    /// <summary>Counts an endpoint that was found.</summary>
    internal void CountDetected(OutlierKind kind)
    {
        switch (kind)
        {
            case OutlierKind.Consecutive5xx: EjectionsDetectedConsecutive5xx++; break;
            case OutlierKind.ConsecutiveGatewayFailure: EjectionsDetectedConsecutiveGatewayFailure++; break;
            case OutlierKind.ConsecutiveLocalOriginFailure: EjectionsDetectedConsecutiveLocalOriginFailure++; break;
            case OutlierKind.SuccessRate: EjectionsDetectedSuccessRate++; break;
            case OutlierKind.LocalOriginSuccessRate: EjectionsDetectedLocalOriginSuccessRate++; break;
            case OutlierKind.FailurePercentage: EjectionsDetectedFailurePercentage++; break;
            case OutlierKind.LocalOriginFailurePercentage: EjectionsDetectedLocalOriginFailurePercentage++; break;
        }
    }

    /// <summary>Counts an endpoint that was ejected.</summary>
    internal void CountEnforced(OutlierKind kind)
    {
        EjectionsEnforcedTotal++;
        switch (kind)
        {
            case OutlierKind.Consecutive5xx: EjectionsEnforcedConsecutive5xx++; break;
            case OutlierKind.ConsecutiveGatewayFailure: EjectionsEnforcedConsecutiveGatewayFailure++; break;
            case OutlierKind.ConsecutiveLocalOriginFailure: EjectionsEnforcedConsecutiveLocalOriginFailure++; break;
            case OutlierKind.SuccessRate: EjectionsEnforcedSuccessRate++; break;
            case OutlierKind.LocalOriginSuccessRate: EjectionsEnforcedLocalOriginSuccessRate++; break;
            case OutlierKind.FailurePercentage: EjectionsEnforcedFailurePercentage++; break;
            case OutlierKind.LocalOriginFailurePercentage: EjectionsEnforcedLocalOriginFailurePercentage++; break;
        }
    }
}
