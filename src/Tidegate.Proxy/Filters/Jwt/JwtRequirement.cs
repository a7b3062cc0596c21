namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>What tokens a request has to carry (Envoy: <c>JwtRequirement</c>). Immutable.</summary>
internal abstract class JwtRequirement
{
    /// <summary>Whether a request meets it. What the tokens that count bring is noted with the check.</summary>
    public abstract JwtStatus Check(JwtCheck check);
}

/// <summary>A good token of a provider.</summary>
/// <param name="provider">The provider.</param>
/// <param name="audiences">Whom the token may be for, in the place of what the provider says.</param>
internal sealed class ProviderRequirement(JwtProvider provider, JwtAudiences? audiences) : JwtRequirement
{
    /// <inheritdoc/>
    public override JwtStatus Check(JwtCheck check) => check.Verify(provider.Places, provider, audiences, allowsFailed: false);
}

/// <summary>No token, or good ones of any providers; with <paramref name="allowsFailed"/>, anything.</summary>
/// <param name="places">Where tokens of all providers are.</param>
/// <param name="allowsFailed">Whether bad tokens do.</param>
internal sealed class OptionalRequirement(JwtPlace[] places, bool allowsFailed) : JwtRequirement
{
    /// <inheritdoc/>
    public override JwtStatus Check(JwtCheck check)
    {
        JwtStatus status = check.Verify(places, null, null, allowsFailed);
        return status == JwtStatus.Missing || allowsFailed ? JwtStatus.Ok : status;
    }
}

/// <summary>One of several. Where none is met, it is the one that came closest that says why.</summary>
internal sealed class AnyRequirement(JwtRequirement[] requirements) : JwtRequirement
{
    /// <inheritdoc/>
    public override JwtStatus Check(JwtCheck check)
    {
        var best = JwtStatus.Missing;
        foreach (JwtRequirement requirement in requirements)
        {
            int mark = check.VerifiedCount;
            JwtStatus status = requirement.Check(check);
            if (status == JwtStatus.Ok || check.Awaited is not null)
            {
                return status;
            }

            check.ForgetVerified(mark);
            if (status is not (JwtStatus.Missing or JwtStatus.UnknownIssuer) || (status == JwtStatus.UnknownIssuer && best == JwtStatus.Missing))
            {
                best = status;
            }
        }

        return best;
    }
}

/// <summary>All of several.</summary>
internal sealed class AllRequirement(JwtRequirement[] requirements) : JwtRequirement
{
    /// <inheritdoc/>
    public override JwtStatus Check(JwtCheck check)
    {
        foreach (JwtRequirement requirement in requirements)
        {
            JwtStatus status = requirement.Check(check);
            if (status != JwtStatus.Ok)
            {
                return status;
            }
        }

        return JwtStatus.Ok;
    }
}
