using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>corsPolicy</c> of an HTTP route (Istio: <c>validateCORSPolicy</c>).</summary>
internal static class CorsValidation
{
    public static void Check(CorsPolicy? policy, Findings findings, string field)
    {
        if (policy is null)
        {
            return;
        }

        for (int i = 0; i < policy.AllowOrigins.Count; i++)
        {
            StringMatch origin = policy.AllowOrigins[i];
            string place = $"{field}.allowOrigins[{i}]";
            if (origin.Value.Length == 0)
            {
                findings.Error(place, "'' is not a valid match type for CORS allow origins");
            }
            else
            {
                StringMatchValidation.Check(origin, "corsPolicy.allowOrigins", findings, place);
            }
        }

        for (int i = 0; i < policy.AllowMethods.Count; i++)
        {
            if (policy.AllowMethods[i] is not ("GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "CONNECT" or "OPTIONS" or "TRACE" or "*"))
            {
                findings.Error($"{field}.allowMethods[{i}]", $"{GoText.Quote(policy.AllowMethods[i])} is not a supported HTTP method");
            }
        }

        CheckNames(policy.AllowHeaders, findings, $"{field}.allowHeaders");
        CheckNames(policy.ExposeHeaders, findings, $"{field}.exposeHeaders");
        findings.Check($"{field}.maxAge", DurationRules.Check(policy.MaxAge));
        if (policy.MaxAge is { } age && age.Ticks % TimeSpan.TicksPerSecond > 0)
        {
            findings.Error($"{field}.maxAge", "max_age duration is accurate only to seconds precision");
        }
    }

    private static void CheckNames(IReadOnlyList<string> names, Findings findings, string field)
    {
        for (int i = 0; i < names.Count; i++)
        {
            findings.Check($"{field}[{i}]", HeaderSyntax.CheckCors(names[i]));
        }
    }
}
