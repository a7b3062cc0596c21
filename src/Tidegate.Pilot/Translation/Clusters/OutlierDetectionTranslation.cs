using Envoy.Type.V3;
using Tidegate.Xds;
using EnvoyOutlierDetection = Envoy.Config.Cluster.V3.OutlierDetection;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>
/// <c>outlierDetection</c> (spec 5.4). For <c>outlierDetectionHttpErrorCodes</c> the Envoy API has a field (<c>HttpProtocolOptions.outlier_detection</c>)
/// that is younger than the version we build on: until then it is <see cref="OutlierStatuses"/>, in the cluster's metadata.
/// </summary>
internal static class OutlierDetectionTranslation
{
    public static void Apply(ClusterDraft draft, Resources.OutlierDetection? settings)
    {
        if (settings is null)
        {
            return;
        }
        var result = new EnvoyOutlierDetection { EnforcingSuccessRate = 0 };
        if (settings.Consecutive5xxErrors is { } errors)
        {
            result.Consecutive5Xx = errors;
            result.EnforcingConsecutive5Xx = errors > 0 ? 100u : 0u;
        }
        if (settings.ConsecutiveGatewayErrors is { } gatewayErrors)
        {
            result.ConsecutiveGatewayFailure = gatewayErrors;
            result.EnforcingConsecutiveGatewayFailure = gatewayErrors > 0 ? 100u : 0u;
        }
        result.Interval = settings.Interval is { } interval ? Durations.Of(interval) : null;
        result.BaseEjectionTime = settings.BaseEjectionTime is { } ejection ? Durations.Of(ejection) : null;
        result.MaxEjectionPercent = settings.MaxEjectionPercent > 0 ? (uint)settings.MaxEjectionPercent : null;
        if (settings.SplitExternalLocalOriginErrors)
        {
            result.SplitExternalLocalOriginErrors = true;
            if (settings.ConsecutiveLocalOriginFailures is > 0)
            {
                result.ConsecutiveLocalOriginFailure = settings.ConsecutiveLocalOriginFailures;
                result.EnforcingConsecutiveLocalOriginFailure = 100;
            }
            result.EnforcingLocalOriginSuccessRate = 0;
        }
        if (settings.OutlierDetectionHttpErrorCodes.Count > 0)
        {
            OutlierStatuses.Write(draft.Cluster, settings.OutlierDetectionHttpErrorCodes);
        }
        draft.Cluster.OutlierDetection = result;
        draft.Cluster.CommonLbConfig.HealthyPanicThreshold = new Percent { Value = Math.Max(0, settings.MinHealthPercent) };
    }
}
