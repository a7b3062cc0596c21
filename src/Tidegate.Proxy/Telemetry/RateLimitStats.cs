namespace Tidegate.Proxy.Telemetry;

/// <summary>What a rate limit service has said.</summary>
public enum RateLimitVerdict : byte
{
    /// <summary>Nothing that can be used.</summary>
    Error,

    /// <summary>Within the limits.</summary>
    Ok,

    /// <summary>Over one of them.</summary>
    OverLimit,
}

/// <summary>What Envoy counts of questions to a rate limit service, under <c>cluster.NAME.ratelimit.</c> of the cluster that a request goes to. Owned by one worker.</summary>
public class RateLimitStats
{
    /// <summary><c>ok</c>: Answers that nothing is over its limit.</summary>
    public long Ok;

    /// <summary><c>error</c>: Questions without an answer.</summary>
    public long Error;

    /// <summary><c>over_limit</c>: Answers that something is over its limit.</summary>
    public long OverLimit;

    /// <summary><c>failure_mode_allowed</c>: What went on without an answer.</summary>
    public long FailureModeAllowed;

    /// <summary>Counts an answer.</summary>
    public void Count(RateLimitVerdict verdict)
    {
        switch (verdict)
        {
            case RateLimitVerdict.Ok:
                Ok++;
                break;
            case RateLimitVerdict.OverLimit:
                OverLimit++;
                break;
            default:
                Error++;
                break;
        }
    }
}

/// <summary>The same of connections, under <c>ratelimit.STAT_PREFIX.</c></summary>
public sealed class ConnectionRateLimitStats : RateLimitStats
{
    /// <summary><c>total</c>: Questions.</summary>
    public long Total;

    /// <summary><c>active</c>: Questions that wait for an answer.</summary>
    public long Active;

    /// <summary><c>cx_closed</c>: Connections that were closed.</summary>
    public long Closed;
}
