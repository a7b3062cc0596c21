namespace Tidegate.Pilot.Resources;

/// <summary>Istio: <c>OutlierDetection</c>.</summary>
public sealed record OutlierDetection
{
    /// <summary><c>consecutiveErrors</c>: deprecated and ignored.</summary>
    public int ConsecutiveErrors { get; init; }

    /// <summary><c>splitExternalLocalOriginErrors</c>.</summary>
    public bool SplitExternalLocalOriginErrors { get; init; }

    /// <summary><c>consecutiveLocalOriginFailures</c>.</summary>
    public uint? ConsecutiveLocalOriginFailures { get; init; }

    /// <summary><c>consecutiveGatewayErrors</c>.</summary>
    public uint? ConsecutiveGatewayErrors { get; init; }

    /// <summary><c>consecutive5xxErrors</c>.</summary>
    public uint? Consecutive5xxErrors { get; init; }

    /// <summary><c>interval</c>.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary><c>baseEjectionTime</c>.</summary>
    public TimeSpan? BaseEjectionTime { get; init; }

    /// <summary><c>maxEjectionPercent</c>.</summary>
    public int MaxEjectionPercent { get; init; }

    /// <summary><c>minHealthPercent</c>.</summary>
    public int MinHealthPercent { get; init; }

    /// <summary><c>outlierDetectionHttpErrorCodes</c>.</summary>
    public IReadOnlyList<uint> OutlierDetectionHttpErrorCodes { get; init; } = [];
}
