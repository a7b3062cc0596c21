using System.Text;
using Tidegate.Pilot.Resources;
using Tidegate.Rules.Tokens;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a RequestAuthentication (Istio: <c>ValidateRequestAuthentication</c>; istio-gateway.md 10.6).</summary>
internal static class RequestAuthenticationValidation
{
    public static void Check(RequestAuthentication authentication, Findings findings)
    {
        PolicyTargetsValidation.Check(authentication.Spec.Targets, findings);
        for (int i = 0; i < authentication.Spec.JwtRules.Count; i++)
        {
            CheckRule(authentication.Spec.JwtRules[i], $"spec.jwtRules[{i}]", findings);
        }
    }

    private static void CheckRule(JwtRule rule, string field, Findings findings)
    {
        if (rule.Issuer.Length == 0 && rule.JwksUri.Length == 0)
        {
            findings.Error($"{field}.issuer", "issuer or jwksUri must be non-empty string");
        }

        CheckAll(rule.Audiences, $"{field}.audiences", "audience must be non-empty string", findings);
        if (rule.JwksUri.Length > 0)
        {
            findings.Check($"{field}.jwksUri", UrlSyntax.CheckHttp(rule.JwksUri));
        }

        if (rule.Jwks.Length > 0)
        {
            CheckKeys(rule.Jwks, $"{field}.jwks", findings);
        }

        for (int i = 0; i < rule.FromHeaders.Count; i++)
        {
            if (rule.FromHeaders[i].Name.Length == 0)
            {
                findings.Error($"{field}.fromHeaders[{i}]", "location header name must be non-empty string");
            }
            else
            {
                findings.Check($"{field}.fromHeaders[{i}].name", FieldRules.CheckName(rule.FromHeaders[i].Name));
            }
        }

        CheckAll(rule.FromParams, $"{field}.fromParams", "location query must be non-empty string", findings);
        CheckAll(rule.FromCookies, $"{field}.fromCookies", "cookie name must be non-empty string", findings);
        if (rule.OutputPayloadToHeader.Length > 0)
        {
            findings.Check($"{field}.outputPayloadToHeader", FieldRules.CheckName(rule.OutputPayloadToHeader));
        }

        for (int i = 0; i < rule.OutputClaimToHeaders.Count; i++)
        {
            CheckClaim(rule.OutputClaimToHeaders[i], $"{field}.outputClaimToHeaders[{i}]", findings);
        }

        if (rule.Timeout is { } timeout)
        {
            findings.Check($"{field}.timeout", DurationRules.Check(timeout));
        }
    }

    private static void CheckKeys(string jwks, string field, Findings findings)
    {
        JsonWebKeySet? keys = JsonWebKeySet.TryParse(Encoding.UTF8.GetBytes(jwks), out string problem);
        if (keys is null)
        {
            findings.Error(field, $"jwks parse error: {problem}");
        }

        foreach (int index in keys?.PrivateKeys ?? [])
        {
            findings.Warn(field, $"jwks key at index {index} contains private key material; only public keys are used for verification");
        }
    }

    private static void CheckClaim(ClaimToHeader claim, string field, Findings findings)
    {
        if (claim.Header.Length == 0 || claim.Claim.Length == 0)
        {
            findings.Error(field, "outputClaimToHeaders header and claim value must be non-empty string");
        }
        else if (!claim.Header.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            findings.Error($"{field}.header", $"header name {GoText.Quote(claim.Header)} is not valid: letters, digits, - and _ are");
        }
    }

    private static void CheckAll(IReadOnlyList<string> values, string field, string message, Findings findings)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (values[i].Length == 0)
            {
                findings.Error($"{field}[{i}]", message);
            }
        }
    }
}
