using System.Globalization;
using Tidegate.Pilot.Resources;
using EnvoyCors = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary><c>corsPolicy</c> (spec 4.13).</summary>
internal static class CorsTranslation
{
    public static EnvoyCors Translate(CorsPolicy policy)
    {
        var result = new EnvoyCors
        {
            AllowMethods = string.Join(',', policy.AllowMethods),
            AllowHeaders = string.Join(',', policy.AllowHeaders),
            ExposeHeaders = string.Join(',', policy.ExposeHeaders),
            FilterEnabled = FractionalPercents.OfInteger(100).AsRuntime(),
            ForwardNotMatchingPreflights = policy.UnmatchedPreflights != UnmatchedPreflights.Ignore,
        };
        if (policy.AllowOrigins.Count > 0)
        {
            result.AllowOriginStringMatch.Add(policy.AllowOrigins.Select(StringMatchTranslation.Translate).OfType<Envoy.Type.Matcher.V3.StringMatcher>());
        }
        else
        {
            result.AllowOriginStringMatch.Add(policy.AllowOrigin.Select(origin => new Envoy.Type.Matcher.V3.StringMatcher { Exact = origin }));
        }
        if (policy.MaxAge is { } maxAge)
        {
            result.MaxAge = ((long)maxAge.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }
        if (policy.AllowCredentials is { } allowCredentials)
        {
            result.AllowCredentials = allowCredentials;
        }
        return result;
    }
}
