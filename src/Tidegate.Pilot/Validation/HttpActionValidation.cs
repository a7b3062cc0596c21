using System.Text;
using Tidegate.Pilot.Resources;
using Tidegate.Rules.Expressions;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>redirect</c>, <c>directResponse</c> and <c>rewrite</c> of an HTTP route.</summary>
internal static class HttpActionValidation
{
    private const int LargeBodyBytes = 100 * 1024;
    private const int MaxBodyBytes = 1024 * 1024;

    /// <summary>Checks <c>redirect</c>.</summary>
    public static void CheckRedirect(HttpRoute route, Findings findings, string field)
    {
        if (route.Redirect is not { } redirect)
        {
            return;
        }

        if (redirect.Uri.Length > 0 && redirect.PrefixRewrite.Length > 0)
        {
            findings.Error($"{field}.prefixRewrite", "redirect may only specify one of uri or prefix_rewrite");
        }

        if (redirect.PrefixRewrite.Length > 0 && route.Match.Any(match => match.Uri is { Kind: not StringMatchKind.Prefix }))
        {
            findings.Error($"{field}.prefixRewrite", "redirect prefix_rewrite requires all URI matches to use prefix match type");
        }

        bool isPortGiven = redirect.Port is not null || redirect.DerivePort is not null;
        if (redirect.Uri.Length == 0 && redirect.PrefixRewrite.Length == 0 && redirect.Authority.Length == 0 && !isPortGiven && redirect.Scheme.Length == 0)
        {
            findings.Error(field, "redirect must specify URI, authority, scheme, or port");
        }

        if (redirect.RedirectCode != 0)
        {
            findings.Check($"{field}.redirectCode", StatusRules.CheckRedirect(redirect.RedirectCode));
        }

        findings.Check($"{field}.uri", PathRules.CheckTarget(redirect.Uri));
        findings.Check($"{field}.prefixRewrite", PathRules.CheckTarget(redirect.PrefixRewrite));
        findings.Check($"{field}.authority", PathRules.CheckTarget(redirect.Authority));

        if (redirect.Scheme is not ("" or "http" or "https"))
        {
            findings.Error($"{field}.scheme", "invalid redirect scheme, must be \"http\" or \"https\"");
        }

        if (redirect.Port is { } port and > 0)
        {
            findings.Check($"{field}.port", AddressSyntax.CheckPort(port));
        }
    }

    /// <summary>Checks <c>directResponse</c>.</summary>
    public static void CheckDirectResponse(HttpDirectResponse? response, Findings findings, string field)
    {
        if (response is null)
        {
            return;
        }

        int size = response.Body?.Bytes?.Length ?? Encoding.UTF8.GetByteCount(response.Body?.Text ?? string.Empty);
        if (size > MaxBodyBytes)
        {
            findings.Error($"{field}.body", "large direct_responses may impact control plane performance, must be less than 1MB");
        }
        else if (size > LargeBodyBytes)
        {
            findings.Warn($"{field}.body", "large direct_responses may impact control plane performance");
        }

        findings.Check($"{field}.status", StatusRules.CheckAnswer(response.Status));
    }

    /// <summary>Checks <c>rewrite</c>.</summary>
    public static void CheckRewrite(HttpRewrite? rewrite, Findings findings, string field)
    {
        if (rewrite is null)
        {
            return;
        }

        if (rewrite.Uri.Length > 0 && rewrite.UriRegexRewrite is not null)
        {
            findings.Error($"{field}.uriRegexRewrite", "rewrite may only contain one of URI or UriRegexRewrite");
        }

        if (rewrite.Uri.Length == 0 && rewrite.UriRegexRewrite is null && rewrite.Authority.Length == 0)
        {
            findings.Error(field, "rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified");
        }

        findings.Check($"{field}.uri", PathRules.CheckTarget(rewrite.Uri));
        if (rewrite.Authority.Length > 0)
        {
            findings.Check($"{field}.authority", HostRules.CheckAuthority(rewrite.Authority));
        }

        if (rewrite.UriRegexRewrite is { } regex)
        {
            if (regex.Match.Length == 0 || regex.Rewrite.Length == 0)
            {
                findings.Error($"{field}.uriRegexRewrite", "UriRegexRewrite requires both Rewrite and Match fields to be specified");
            }
            else
            {
                CheckSubstitution(regex, findings, $"{field}.uriRegexRewrite");
            }
        }
    }

    private static void CheckSubstitution(RegexRewrite regex, Findings findings, string field)
    {
        StringMatchValidation.CheckExpression(regex.Match, "HTTPRewrite.UriRegexRewrite.Match", findings, $"{field}.match");
        findings.Check($"{field}.rewrite", PathRules.CheckTarget(regex.Rewrite));
        if (Re2Expression.TryParse(regex.Match, out Re2Expression? expression, out _)
            && !Re2Substitution.TryParse(regex.Rewrite, expression.GroupCount, out _, out string? problem))
        {
            findings.Error($"{field}.rewrite", problem);
        }
    }
}
