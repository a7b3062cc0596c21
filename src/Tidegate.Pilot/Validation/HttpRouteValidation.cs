using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a route of a VirtualService (Istio: <c>validateHTTPRoute</c>).</summary>
internal static class HttpRouteValidation
{
    private const double MaxPercent = 100;

    public static void Check(HttpRoute route, bool isDelegate, Findings findings, string field)
    {
        CheckAction(route, isDelegate, findings, field);
        for (int i = 0; i < route.Match.Count; i++)
        {
            HttpMatchValidation.Check(route.Match[i], findings, $"{field}.match[{i}]");
        }

        HeadersValidation.Check(route.Headers, findings, $"{field}.headers");
        CorsValidation.Check(route.CorsPolicy, findings, $"{field}.corsPolicy");
        FaultValidation.Check(route.Fault, findings, $"{field}.fault");
        CheckMirrors(route, findings, field);
        HttpActionValidation.CheckRedirect(route, findings, $"{field}.redirect");
        HttpActionValidation.CheckDirectResponse(route.DirectResponse, findings, $"{field}.directResponse");
        HttpActionValidation.CheckRewrite(route.Rewrite, findings, $"{field}.rewrite");
        RetryValidation.Check(route.Retries, findings, $"{field}.retries");
        HeadersValidation.CheckAuthority(route.Rewrite, route.Headers, findings, $"{field}.headers");
        CheckDestinations(route.Route, findings, $"{field}.route");
        findings.Check($"{field}.timeout", DurationRules.Check(route.Timeout));
    }

    private static void CheckAction(HttpRoute route, bool isDelegate, Findings findings, string field)
    {
        if (route.Delegate is not null && !isDelegate)
        {
            if (route.Redirect is not null)
            {
                findings.Error($"{field}.redirect", $"root HTTP route {route.Name} must not specify redirect");
            }

            if (route.Route.Count > 0)
            {
                findings.Error($"{field}.route", $"root HTTP route {route.Name} must not specify route");
            }

            return;
        }

        if (route.Delegate is not null)
        {
            findings.Error($"{field}.delegate", "delegate HTTP route cannot contain delegate");
        }

        if (route.Redirect is not null)
        {
            CheckAlone("redirect", route, findings, field);
            if (route.DirectResponse is not null)
            {
                findings.Error($"{field}.directResponse", "HTTP route rule cannot contain both direct_response and redirect");
            }
        }
        else if (route.DirectResponse is not null)
        {
            CheckAlone("direct_response", route, findings, field);
        }
        else if (route.Route.Count == 0)
        {
            findings.Error(field, "HTTP route, redirect or direct_response is required");
        }

        if (route.Mirror is not null && route.Mirrors.Count > 0)
        {
            findings.Error($"{field}.mirrors", "HTTP route cannot contain both mirror and mirrors");
        }
    }

    private static void CheckAlone(string action, HttpRoute route, Findings findings, string field)
    {
        if (route.Route.Count > 0)
        {
            findings.Error($"{field}.route", $"HTTP route cannot contain both route and {action}");
        }

        if (route.Fault is not null)
        {
            findings.Error($"{field}.fault", $"HTTP route cannot contain both fault and {action}");
        }

        if (route.Rewrite is not null)
        {
            findings.Error($"{field}.rewrite", $"HTTP route rule cannot contain both rewrite and {action}");
        }
    }

    private static void CheckMirrors(HttpRoute route, Findings findings, string field)
    {
        if (route.MirrorPercent is { } percent)
        {
            if (percent > MaxPercent)
            {
                findings.Error($"{field}.mirrorPercent", $"mirror_percent must have a max value of 100 (it has {percent})");
            }

            findings.Warn($"{field}.mirrorPercent", "using deprecated setting \"mirrorPercent\", use \"mirrorPercentage\" instead");
        }

        CheckPercentage(route.MirrorPercentage, "mirror_percentage", findings, $"{field}.mirrorPercentage");
        if (route.Mirror is not null)
        {
            DestinationValidation.Check(route.Mirror, findings, $"{field}.mirror");
        }

        for (int i = 0; i < route.Mirrors.Count; i++)
        {
            HttpMirrorPolicy mirror = route.Mirrors[i];
            string place = $"{field}.mirrors[{i}]";
            if (mirror.Destination is null)
            {
                findings.Error(place, "destination is required for mirrors");
                continue;
            }

            DestinationValidation.Check(mirror.Destination, findings, $"{place}.destination");
            CheckPercentage(mirror.Percentage, "mirror percentage", findings, $"{place}.percentage");
        }
    }

    private static void CheckPercentage(double? value, string name, Findings findings, string field)
    {
        if (value > MaxPercent)
        {
            findings.Error(field, $"{name} must have a max value of 100 (it has {GoText.Fixed(value.Value)})");
        }
        else if (value < 0)
        {
            findings.Error(field, $"{name} must have a min value of 0 (it has {GoText.Fixed(value.Value)})");
        }
    }

    private static void CheckDestinations(IReadOnlyList<HttpRouteDestination> destinations, Findings findings, string field)
    {
        long total = 0;
        for (int i = 0; i < destinations.Count; i++)
        {
            HttpRouteDestination one = destinations[i];
            DestinationValidation.CheckWeighted(one.Destination, one.Weight, findings, $"{field}[{i}]");
            HeadersValidation.Check(one.Headers, findings, $"{field}[{i}].headers");
            total += one.Weight;
        }

        if (destinations.Count > 1 && total == 0)
        {
            findings.Error(field, "total destination weight = 0");
        }
    }
}
