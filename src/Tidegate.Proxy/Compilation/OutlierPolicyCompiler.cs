using System.Collections.Frozen;
using Envoy.Config.Cluster.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Xds;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles when an endpoint is ejected (istio-gateway.md 5.4).</summary>
internal static class OutlierPolicyCompiler
{
    /// <summary>The policy of a cluster; null when it has none.</summary>
    public static OutlierPolicy? Compile(Cluster cluster, CompileScope scope)
    {
        OutlierDetection? source = cluster.OutlierDetection;
        if (source is null)
        {
            return null;
        }

        scope.NoteIf(source.Monitors.Count > 0, "monitors of outlier_detection are not acted on");
        scope.At("max_ejection_percent").RefuseIf(source.MaxEjectionPercent > 100, "it is greater than 100");
        var defaults = new OutlierPolicy();
        long baseTimeMs = scope.At("base_ejection_time").MillisecondsOrNull(source.BaseEjectionTime) ?? defaults.BaseEjectionTimeMs;
        long intervalMs = scope.At("interval").MillisecondsOrNull(source.Interval) ?? defaults.IntervalMs;
        scope.At("interval").RefuseIf(intervalMs == 0, "it is 0");
        bool isSplit = source.SplitExternalLocalOriginErrors;
        return new OutlierPolicy
        {
            Consecutive5xx = new(source.Consecutive5Xx ?? 5, source.EnforcingConsecutive5Xx ?? 100),
            ConsecutiveGatewayFailure = new(source.ConsecutiveGatewayFailure ?? 5, source.EnforcingConsecutiveGatewayFailure ?? 0),
            ConsecutiveLocalOriginFailure = new(source.ConsecutiveLocalOriginFailure ?? 5, source.EnforcingConsecutiveLocalOriginFailure ?? 100),
            SplitsLocalOrigin = isSplit,
            ErrorStatuses = OutlierStatuses.Read(cluster)?.ToFrozenSet(),
            IntervalMs = intervalMs,
            BaseEjectionTimeMs = baseTimeMs,
            MaxEjectionTimeMs = scope.At("max_ejection_time").MillisecondsOrNull(source.MaxEjectionTime) ?? Math.Max(baseTimeMs, defaults.MaxEjectionTimeMs),
            MaxEjectionTimeJitterMs = scope.At("max_ejection_time_jitter").MillisecondsOrNull(source.MaxEjectionTimeJitter) ?? 0,
            MaxEjectionPercent = source.MaxEjectionPercent ?? 10,
            MayAlwaysEjectOne = source.AlwaysEjectOneHost ?? true,
            EndsWithActiveCheck = source.SuccessfulActiveHealthCheckUnejectHost ?? true,
            SuccessRate = new SuccessRatePolicy
            {
                MinimumHosts = source.SuccessRateMinimumHosts ?? 5,
                RequestVolume = source.SuccessRateRequestVolume ?? 100,
                DeviationFactor = source.SuccessRateStdevFactor ?? 1900,
                EnforcingPercent = source.EnforcingSuccessRate ?? 100,
                EnforcingLocalOriginPercent = isSplit ? source.EnforcingLocalOriginSuccessRate ?? 100 : 0,
            },
            FailurePercentage = new FailurePercentagePolicy
            {
                Threshold = source.FailurePercentageThreshold ?? 85,
                MinimumHosts = source.FailurePercentageMinimumHosts ?? 5,
                RequestVolume = source.FailurePercentageRequestVolume ?? 50,
                EnforcingPercent = source.EnforcingFailurePercentage ?? 0,
                EnforcingLocalOriginPercent = isSplit ? source.EnforcingFailurePercentageLocalOrigin ?? 0 : 0,
            },
        };
    }
}
