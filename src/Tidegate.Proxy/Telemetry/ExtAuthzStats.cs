namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of questions to authorizers, under <c>http.STAT_PREFIX.ext_authz.</c> Owned by one worker.</summary>
public class ExtAuthzStats
{
    /// <summary><c>ok</c>: Requests that were allowed.</summary>
    public long Ok;

    /// <summary><c>denied</c>: Requests that were denied.</summary>
    public long Denied;

    /// <summary><c>error</c>: Requests that nobody could be asked about.</summary>
    public long Error;

    /// <summary><c>disabled</c>: Requests that nobody had to be asked about.</summary>
    public long Disabled;

    /// <summary><c>failure_mode_allowed</c>: Requests that went on though nobody could be asked.</summary>
    public long FailureModeAllowed;

    /// <summary><c>invalid</c>: Requests that ended because of an answer that asked for what cannot be.</summary>
    public long Invalid;
}

/// <summary>The same of connections, under <c>ext_authz.STAT_PREFIX.</c></summary>
public sealed class ConnectionExtAuthzStats : ExtAuthzStats
{
    /// <summary><c>total</c>: Connections that somebody was asked about.</summary>
    public long Total;

    /// <summary><c>cx_closed</c>: Connections that were closed.</summary>
    public long Closed;
}
