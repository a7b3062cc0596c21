namespace Tidegate.Proxy.Runtime;

/// <summary>Which redirects of an upstream the gateway follows itself, for the client (Envoy: <c>InternalRedirectPolicy</c>). Immutable.</summary>
internal sealed record InternalRedirectRules
{
    /// <summary>How many redirects of one request are followed.</summary>
    public required uint MaxRedirects { get; init; }

    /// <summary>The statuses that are taken for redirects.</summary>
    public required IReadOnlyList<int> Statuses { get; init; }

    /// <summary>Whether one from http to https, or back, is followed.</summary>
    public bool AllowsCrossScheme { get; init; }

    /// <summary>Whether none from http to https is followed (Envoy: <c>safe_cross_scheme</c>).</summary>
    public bool IsCrossSchemeSafe { get; init; }

    /// <summary>Whether a route is a target only once for a request that comes from the same route (Envoy: <c>previous_routes</c>).</summary>
    public bool RefusesPreviousRoutes { get; init; }

    /// <summary>The names of routes that can be targets; null for all (Envoy: <c>allow_listed_routes</c>). Several lists have all to name a route.</summary>
    public IReadOnlySet<string>? AllowedRoutes { get; init; }

    /// <summary>The fields of the redirect that the next request gets, in place of its own.</summary>
    public IReadOnlyList<byte[]> CopiedHeaders { get; init; } = [];

    /// <summary>Whether an answer with that status is a redirect to be followed.</summary>
    public bool IsRedirect(int status)
    {
        foreach (int known in Statuses)
        {
            if (known == status)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a route may be where a redirect leads.</summary>
    /// <param name="target">The route.</param>
    /// <param name="from">The route that the redirect came from.</param>
    /// <param name="past">The redirects of the request that were followed before.</param>
    /// <param name="isFromTls">Whether the request's scheme is https.</param>
    /// <param name="isToTls">Whether the target's is.</param>
    public bool Accepts(RuntimeRoute target, RuntimeRoute from, IReadOnlyList<FollowedRedirect> past, bool isFromTls, bool isToTls)
    {
        if ((IsCrossSchemeSafe && isToTls && !isFromTls) || AllowedRoutes?.Contains(target.Name) == false)
        {
            return false;
        }

        for (int i = 0; RefusesPreviousRoutes && i < past.Count; i++)
        {
            if (past[i].From == from.Name && past[i].Target == target.Name)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A redirect that was followed.</summary>
/// <param name="From">The name of the route whose answer it was.</param>
/// <param name="Target">The name of the route that it led to.</param>
internal readonly record struct FollowedRedirect(string From, string Target);
