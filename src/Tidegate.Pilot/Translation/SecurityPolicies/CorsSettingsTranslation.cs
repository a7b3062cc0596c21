using System.Globalization;
using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Type.Matcher.V3;
using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Security;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary><c>cors</c> of a SecurityPolicy: what other sites' pages may do.</summary>
internal static class CorsSettingsTranslation
{
    public static CorsPolicy Translate(CorsSettings cors) => new()
    {
        AllowOriginStringMatch = { cors.AllowOrigins.Select(Origin) },
        AllowMethods = List(cors.AllowMethods),
        AllowHeaders = List(cors.AllowHeaders),
        ExposeHeaders = string.Join(", ", cors.ExposeHeaders),
        MaxAge = cors.MaxAge is { } age ? ((long)age.TotalSeconds).ToString(CultureInfo.InvariantCulture) : "",
        AllowCredentials = cors.AllowCredentials,
        ForwardNotMatchingPreflights = false,
    };

    private static StringMatcher Origin(string origin) => origin.Contains('*')
        ? ValueMatchers.Regex(string.Join(".*", origin.Split('*').Select(ValueMatchers.Quote)))
        : new StringMatcher { Exact = origin };

    private static string List(IReadOnlyList<string> values) => values.Contains("*") ? "*" : string.Join(", ", values);
}
