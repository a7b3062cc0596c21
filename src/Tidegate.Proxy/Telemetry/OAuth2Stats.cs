namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of logins, under <c>http.STAT_PREFIX.oauth_</c> Owned by one worker.</summary>
public sealed class OAuth2Stats
{
    /// <summary><c>failure</c>: Requests that were refused.</summary>
    public long Failure;

    /// <summary><c>success</c>: Requests with a session, and logins that have made one.</summary>
    public long Success;

    /// <summary><c>passthrough</c>: Requests that need no login.</summary>
    public long PassedThrough;

    /// <summary><c>unauthorized_rq</c>: Requests whose client was sent to log in.</summary>
    public long Unauthorized;

    /// <summary><c>refreshtoken_success</c>: Requests whose session was renewed.</summary>
    public long RefreshSuccess;

    /// <summary><c>refreshtoken_failure</c>: Requests whose session could not be renewed.</summary>
    public long RefreshFailure;

    /// <summary><c>allow_failed_passthrough</c>: Requests without a session that went on as nobody's.</summary>
    public long AllowedFailed;
}
