namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of a check of origins, under <c>http.STAT_PREFIX.csrf.</c> Owned by one worker.</summary>
public sealed class CsrfStats
{
    /// <summary><c>missing_source_origin</c>: Requests that do not say where they come from.</summary>
    public long MissingSourceOrigin;

    /// <summary><c>request_invalid</c>: Requests from elsewhere.</summary>
    public long RequestInvalid;

    /// <summary><c>request_valid</c>: Requests from where they may come.</summary>
    public long RequestValid;
}
