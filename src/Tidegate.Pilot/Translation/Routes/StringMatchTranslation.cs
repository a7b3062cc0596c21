using Envoy.Type.Matcher.V3;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>Istio's <c>StringMatch</c> as Envoy's matchers.</summary>
internal static class StringMatchTranslation
{
    /// <summary>
    /// Whether the match only asks that the value is there: none given, or the regex <c>*</c>, which is no RE2 expression but Istio's way
    /// to write "anything".
    /// </summary>
    public static bool IsPresence(StringMatch? match) => match is null or { Kind: StringMatchKind.Present } or { Kind: StringMatchKind.Regex, Value: "*" };

    /// <summary>The matcher, or null when the match says nothing.</summary>
    public static StringMatcher? Translate(StringMatch? match) => match?.Kind switch
    {
        StringMatchKind.Exact => new StringMatcher { Exact = match.Value },
        StringMatchKind.Prefix => new StringMatcher { Prefix = match.Value },
        StringMatchKind.Regex => new StringMatcher { SafeRegex = Regex(match.Value) },
        _ => null,
    };

    /// <summary>An RE2 expression, which has to match the whole text.</summary>
    public static RegexMatcher Regex(string expression) => new() { Regex = expression };
}
