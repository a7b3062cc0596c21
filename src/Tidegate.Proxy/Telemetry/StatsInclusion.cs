using System.Text.RegularExpressions;
using Envoy.Config.Metrics.V3;
using Envoy.Type.Matcher.V3;

namespace Tidegate.Proxy.Telemetry;

/// <summary>Which statistics are shown at all (Envoy: <c>stats_config.stats_matcher</c>); without one, all are.</summary>
public sealed class StatsInclusion
{
    private readonly bool _isMatchShown;
    private readonly Func<string, bool>[] _matchers;

    private StatsInclusion(bool isMatchShown, Func<string, bool>[] matchers)
    {
        _isMatchShown = isMatchShown;
        _matchers = matchers;
    }

    /// <summary>Compiles a matcher; null with what is wrong when a pattern cannot be understood.</summary>
    public static StatsInclusion? Compile(StatsMatcher matcher, out string error)
    {
        error = string.Empty;
        IReadOnlyList<StringMatcher> patterns;
        bool isMatchShown;
        switch (matcher.StatsMatcherCase)
        {
            case StatsMatcher.StatsMatcherOneofCase.InclusionList:
                (patterns, isMatchShown) = (matcher.InclusionList.Patterns, true);
                break;
            case StatsMatcher.StatsMatcherOneofCase.ExclusionList:
                (patterns, isMatchShown) = (matcher.ExclusionList.Patterns, false);
                break;
            default:
                (patterns, isMatchShown) = ([], matcher.RejectAll);
                break;
        }

        List<Func<string, bool>> matchers = [];
        foreach (StringMatcher pattern in patterns)
        {
            Func<string, bool>? compiled = Compile(pattern, ref error);
            if (compiled is null)
            {
                return null;
            }

            matchers.Add(compiled);
        }

        return new StatsInclusion(isMatchShown, [.. matchers]);
    }

    /// <summary>Whether the statistic with this whole name is shown.</summary>
    public bool Shows(string fullName) => Array.Exists(_matchers, matches => matches(fullName)) == _isMatchShown;

    private static Func<string, bool>? Compile(StringMatcher pattern, ref string error)
    {
        StringComparison comparison = pattern.IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        switch (pattern.MatchPatternCase)
        {
            case StringMatcher.MatchPatternOneofCase.Exact:
                return name => name.Equals(pattern.Exact, comparison);
            case StringMatcher.MatchPatternOneofCase.Prefix:
                return name => name.StartsWith(pattern.Prefix, comparison);
            case StringMatcher.MatchPatternOneofCase.Suffix:
                return name => name.EndsWith(pattern.Suffix, comparison);
            case StringMatcher.MatchPatternOneofCase.Contains:
                return name => name.Contains(pattern.Contains, comparison);
            case StringMatcher.MatchPatternOneofCase.SafeRegex:
                try
                {
                    // As RE2: the whole name, in linear time.
                    var regex = new Regex($"^(?:{pattern.SafeRegex.Regex})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
                    return regex.IsMatch;
                }
                catch (Exception e) when (e is ArgumentException or NotSupportedException)
                {
                    error = $"stats_matcher: safe_regex \"{pattern.SafeRegex.Regex}\": {e.Message}";
                    return null;
                }

            default:
                error = $"stats_matcher: a pattern of the kind {pattern.MatchPatternCase} is not supported; use exact, prefix, suffix, contains or safe_regex";
                return null;
        }
    }
}
