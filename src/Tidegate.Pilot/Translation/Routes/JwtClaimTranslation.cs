using Envoy.Type.Matcher.V3;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>Matches of JWT claims, written as headers <c>@request.auth.claims.a.b</c> or <c>@request.auth.claims[a][b]</c> (spec 4.2).</summary>
internal static class JwtClaimTranslation
{
    private const string Prefix = "@request.auth.claims";

    /// <summary>The matcher on what the JWT filter leaves in dynamic metadata, or null when the header names no claim.</summary>
    public static MetadataMatcher? Translate(string header, StringMatch? match)
    {
        if (Claims(header) is not { } claims)
        {
            return null;
        }
        if (StringMatchTranslation.IsPresence(match))
        {
            // Istio makes a header of this, which no proxy takes (security-envoy.md 9).
            return Matcher(claims, new ValueMatcher { PresentMatch = true });
        }
        if (StringMatchTranslation.Translate(match) is not { } text)
        {
            return null;
        }
        var value = new ValueMatcher { StringMatch = text };
        // A claim is a text or a list of texts.
        return Matcher(claims, new ValueMatcher
        {
            OrMatch = new OrMatcher { ValueMatchers = { new ValueMatcher { ListMatch = new ListMatcher { OneOf = value } }, value } },
        });
    }

    private static MetadataMatcher Matcher(IEnumerable<string> claims, ValueMatcher value)
    {
        var matcher = new MetadataMatcher
        {
            Filter = "envoy.filters.http.jwt_authn",
            Value = value,
        };
        matcher.Path.Add(new MetadataMatcher.Types.PathSegment { Key = "payload" });
        matcher.Path.Add(claims.Select(claim => new MetadataMatcher.Types.PathSegment { Key = claim }));
        return matcher;
    }

    private static string[]? Claims(string header)
    {
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }
        var name = header[Prefix.Length..];
        return name switch
        {
            ['.', _, ..] => name[1..].Split('.'),
            ['[', _, .., ']'] => name[1..^1].Split("]["),
            _ => null,
        };
    }
}
