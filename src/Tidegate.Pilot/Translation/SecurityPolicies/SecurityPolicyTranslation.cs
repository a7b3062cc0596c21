using Envoy.Extensions.Filters.Http.Cors.V3;
using Tidegate.Pilot.Resources.SecurityPolicies;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>
/// A SecurityPolicy as Envoy's filters, as Envoy Gateway does it: each stands in the chain and is off, and the policy's routes switch it on. A policy that cannot be
/// used closes what it is attached to (docs/decisions/security.md).
/// </summary>
internal static class SecurityPolicyTranslation
{
    private const string CorsFilter = "envoy.filters.http.cors";

    /// <summary>Translates a policy.</summary>
    /// <param name="policy">The policy, merged into the one above it where it asks for that.</param>
    /// <param name="named">The objects that it names.</param>
    public static SecurityPolicyFilters Translate(SecurityPolicy policy, PolicyObjects named)
    {
        var draft = new PolicyDraft(policy);
        SecurityPolicySpec spec = policy.Spec;
        bool isCorsWrong = policy.WrongFields?.Any(IsOfCors) == true;
        if (policy.WrongFields?.All(IsOfCors) == false)
        {
            // What was read of it may be less than what was written: told when it was refused.
            draft.Close();
            return draft.ToFilters();
        }

        if (spec.Cors is { } cors && !isCorsWrong)
        {
            draft.AddShared(PolicyPlace.Cors, CorsFilter, new Cors(), CorsSettingsTranslation.Translate(cors));
        }

        if (spec.ApiKeyAuth is { } keys)
        {
            draft.ProtectsRequestsBy("apiKeyAuth");
            new CredentialTranslation(draft, named).Translate(keys);
        }

        if (spec.BasicAuth is { } basic)
        {
            draft.ProtectsRequestsBy("basicAuth");
            new CredentialTranslation(draft, named).Translate(basic);
        }

        if (spec.Jwt is { } jwt)
        {
            draft.ProtectsRequestsBy("jwt");
            new JwtSettingsTranslation(draft, named).Translate(jwt);
        }

        if (spec.Oidc is { } oidc)
        {
            draft.ProtectsRequestsBy("oidc");
            new OidcTranslation(draft, named).Translate(oidc, policy);
        }

        if (spec.ExtAuth is { } auth)
        {
            draft.ProtectsRequestsBy("extAuth");
            new ExtAuthTranslation(draft, named).Translate(auth);
        }

        if (spec.Authorization is { } authorization)
        {
            AuthorizationRulesTranslation.Add(authorization, draft);
        }

        return draft.ToFilters();
    }

    // Without it browsers get nothing, and nobody gets more.
    private static bool IsOfCors(string field) => field == "spec.cors" || field.StartsWith("spec.cors.", StringComparison.Ordinal);
}
