namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of policies, under <c>http.STAT_PREFIX.rbac.</c> and a prefix of the rules' own. Owned by one worker.</summary>
public sealed class RbacStats
{
    /// <summary><c>allowed</c>: Requests that were let in; each filter of a chain counts.</summary>
    public long Allowed;

    /// <summary><c>denied</c>: Requests that were kept out.</summary>
    public long Denied;

    /// <summary><c>shadow_allowed</c>: Requests that rules which are only tried would have let in.</summary>
    public long ShadowAllowed;

    /// <summary><c>shadow_denied</c>: Requests that rules which are only tried would have kept out.</summary>
    public long ShadowDenied;

    /// <summary>Counts a decision.</summary>
    internal void Count(bool isAllowed)
    {
        if (isAllowed)
        {
            Allowed++;
        }
        else
        {
            Denied++;
        }
    }

    /// <summary>Counts a decision without effect.</summary>
    internal void CountShadow(bool isAllowed)
    {
        if (isAllowed)
        {
            ShadowAllowed++;
        }
        else
        {
            ShadowDenied++;
        }
    }
}
