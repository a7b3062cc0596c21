namespace Tidegate.Pilot.Translation;

/// <summary>Whose configuration is emitted, where releases of Istio differ (Istio: <c>compatibilityVersion</c>).</summary>
public enum CompatibilityVersion
{
    /// <summary>
    /// Istio 1.16: routes carry <c>retriableStatusCodes: [503]</c> by default, <c>maxStreamDuration</c> and a <c>v1alpha3</c>
    /// configuration path; mirrored requests get <c>-shadow</c> appended to their host.
    /// </summary>
    Istio1_16,

    /// <summary>The current Istio: no default retriable status codes, <c>maxGrpcTimeout</c>, a <c>v1</c> path, <c>maxDirectResponseBodySizeBytes</c>.</summary>
    Current,
}
