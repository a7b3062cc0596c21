using Envoy.Config.Route.V3;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>One <c>match</c> entry of a VirtualService's route as Envoy's <c>RouteMatch</c> (spec 4.2).</summary>
internal static class RouteMatchTranslation
{
    /// <summary>Translates a match; none matches every path.</summary>
    /// <param name="match">The entry.</param>
    /// <param name="pathSegments">
    /// Whether a prefix ends at a slash (objects made from Ingress or Gateway API); otherwise <c>/foo</c> matches <c>/foobar</c> too.
    /// </param>
    public static RouteMatch Translate(HttpMatchRequest? match, bool pathSegments)
    {
        var result = new RouteMatch { Prefix = "/" };
        if (match is null)
        {
            return result;
        }
        AddHeaders(result, match);
        SetPath(result, match.Uri, pathSegments);
        result.CaseSensitive = !match.IgnoreUriCase;
        AddPseudoHeader(result, ":method", match.Method);
        AddPseudoHeader(result, ":authority", match.Authority);
        AddPseudoHeader(result, ":scheme", match.Scheme);
        foreach (var (name, value) in Sorted(match.QueryParams))
        {
            var parameter = new QueryParameterMatcher { Name = name };
            if (StringMatchTranslation.IsPresence(value))
            {
                parameter.PresentMatch = true;
            }
            else
            {
                parameter.StringMatch = StringMatchTranslation.Translate(value);
            }
            result.QueryParameters.Add(parameter);
        }
        return result;
    }

    /// <summary>Whether a route takes every request that gets to it (spec 3.6), so that those after it are never reached.</summary>
    public static bool IsCatchAll(RouteMatch match)
    {
        var everyPath = match.PathSpecifierCase switch
        {
            RouteMatch.PathSpecifierOneofCase.Prefix => match.Prefix == "/",
            RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix => match.PathSeparatedPrefix == "/",
            RouteMatch.PathSpecifierOneofCase.SafeRegex => match.SafeRegex.Regex == ".*",
            _ => false,
        };
        return everyPath && match.Headers.Count == 0 && match.QueryParameters.Count == 0 && match.DynamicMetadata.Count == 0;
    }

    private static void SetPath(RouteMatch result, StringMatch? uri, bool pathSegments)
    {
        switch (uri?.Kind)
        {
            case StringMatchKind.Exact:
                result.Path = uri.Value;
                break;
            case StringMatchKind.Prefix when pathSegments && uri.Value != "/":
                result.PathSeparatedPrefix = uri.Value.EndsWith('/') ? uri.Value[..^1] : uri.Value;
                break;
            case StringMatchKind.Prefix:
                result.Prefix = uri.Value;
                break;
            case StringMatchKind.Regex:
                result.SafeRegex = StringMatchTranslation.Regex(uri.Value);
                break;
        }
    }

    private static void AddHeaders(RouteMatch result, HttpMatchRequest match)
    {
        var headers = new List<HeaderMatcher>();
        foreach (var (name, value) in Sorted(match.Headers))
        {
            if (JwtClaimTranslation.Translate(name, value) is { } claim)
            {
                result.DynamicMetadata.Add(claim);
            }
            else
            {
                headers.Add(Header(name, value));
            }
        }
        foreach (var (name, value) in Sorted(match.WithoutHeaders))
        {
            if (JwtClaimTranslation.Translate(name, value) is { } claim)
            {
                claim.Invert = true;
                result.DynamicMetadata.Add(claim);
                continue;
            }
            var header = Header(name, value);
            header.InvertMatch = true;
            // A missing header has not that value; but "present" inverted is about just that, Envoy refuses both together.
            header.TreatMissingHeaderAsEmpty = !StringMatchTranslation.IsPresence(value);
            headers.Add(header);
        }
        result.Headers.Add(headers.OrderBy(header => header.Name, StringComparer.Ordinal));
    }

    private static void AddPseudoHeader(RouteMatch result, string name, StringMatch? value)
    {
        if (value is not null)
        {
            result.Headers.Add(Header(name, value));
        }
    }

    private static HeaderMatcher Header(string name, StringMatch? value)
    {
        var header = new HeaderMatcher { Name = name };
        if (StringMatchTranslation.IsPresence(value))
        {
            header.PresentMatch = true;
        }
        else
        {
            header.StringMatch = StringMatchTranslation.Translate(value);
        }
        return header;
    }

    private static IEnumerable<KeyValuePair<string, TValue>> Sorted<TValue>(IReadOnlyDictionary<string, TValue> map) =>
        map.Count < 2 ? map : map.OrderBy(pair => pair.Key, StringComparer.Ordinal);
}
