using Envoy.Config.Route.V3;
using Envoy.Type.Matcher.V3;
using Envoy.Type.V3;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Rules.Expressions;
using Tidegate.Rules.Values;
using HeaderMatcher = Tidegate.Proxy.Routing.HeaderMatcher;
using HeaderMatcherProto = Envoy.Config.Route.V3.HeaderMatcher;
using MetadataMatcher = Tidegate.Proxy.Routing.MetadataMatcher;
using MetadataMatcherProto = Envoy.Type.Matcher.V3.MetadataMatcher;
using PathMatcher = Tidegate.Proxy.Routing.PathMatcher;
using QueryParameterMatcher = Tidegate.Proxy.Routing.QueryParameterMatcher;
using QueryParameterMatcherProto = Envoy.Config.Route.V3.QueryParameterMatcher;
using ValueMatcher = Tidegate.Proxy.Routing.ValueMatcher;
using ValueMatcherProto = Envoy.Type.Matcher.V3.ValueMatcher;

// Fields that Envoy calls deprecated are what control planes still send (Istio 1.16 among them).
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles the conditions of a route (Envoy: <c>RouteMatch</c>).</summary>
internal sealed class MatcherCompiler(RepeatedHeaderMode repeatedHeaders)
{
    private static readonly PathMatcher AnyPath = PathMatcher.OfText(PathMatchKind.Prefix, string.Empty, isCaseSensitive: true);

    /// <summary>Compiles all conditions of a route.</summary>
    public RouteMatcher Route(RouteMatch match, CompileScope scope)
    {
        scope.RefuseIf(match.TlsContext is not null, "tls_context is not supported");
        return new RouteMatcher
        {
            Path = Path(match, scope),
            Headers = [.. match.Headers.Select((header, i) => Header(header, scope.At("headers", i)))],
            QueryParameters = [.. match.QueryParameters.Select((parameter, i) => QueryParameter(parameter, scope.At("query_parameters", i)))],
            Metadata =
            [
                .. match.DynamicMetadata.Select((noted, i) => Metadata(noted, scope.At("dynamic_metadata", i))).OfType<MetadataMatcher>(),
            ],
            Fraction = match.RuntimeFraction?.DefaultValue is { } fraction ? Fraction(fraction) : null,
            IsGrpcOnly = match.Grpc is not null,
        };
    }

    /// <summary>Compiles a condition on a field.</summary>
    /// <param name="header">The condition.</param>
    /// <param name="scope">Where it stands.</param>
    /// <param name="needsEveryValue">Whether every value of a field that is repeated has to fit.</param>
    public HeaderMatcher Header(HeaderMatcherProto header, CompileScope scope, bool needsEveryValue = false)
    {
        scope.RefuseIf(header.Name.Length == 0, "name is empty");
        var kind = header.HeaderMatchSpecifierCase;
        return new HeaderMatcher(header.Name)
        {
            Value = kind switch
            {
                HeaderMatcherProto.HeaderMatchSpecifierOneofCase.ExactMatch => ValueMatcher.OfText(ValueMatchKind.Exact, header.ExactMatch),
                HeaderMatcherProto.HeaderMatchSpecifierOneofCase.PrefixMatch => ValueMatcher.OfText(ValueMatchKind.Prefix, header.PrefixMatch),
                HeaderMatcherProto.HeaderMatchSpecifierOneofCase.SuffixMatch => ValueMatcher.OfText(ValueMatchKind.Suffix, header.SuffixMatch),
                HeaderMatcherProto.HeaderMatchSpecifierOneofCase.ContainsMatch => ValueMatcher.OfText(ValueMatchKind.Contains, header.ContainsMatch),
                HeaderMatcherProto.HeaderMatchSpecifierOneofCase.SafeRegexMatch =>
                    Pattern(header.SafeRegexMatch, scope.At("safe_regex_match")) is { } pattern ? ValueMatcher.OfPattern(pattern) : null,
                HeaderMatcherProto.HeaderMatchSpecifierOneofCase.StringMatch => Value(header.StringMatch, scope.At("string_match")),
                _ => null,
            },
            Range = kind == HeaderMatcherProto.HeaderMatchSpecifierOneofCase.RangeMatch ? (header.RangeMatch.Start, header.RangeMatch.End) : null,
            IsPresent = kind != HeaderMatcherProto.HeaderMatchSpecifierOneofCase.PresentMatch || header.PresentMatch,
            IsInverted = header.InvertMatch,
            TreatMissingAsEmpty = header.TreatMissingHeaderAsEmpty,
            RepeatedMode = repeatedHeaders,
            NeedsEveryValue = needsEveryValue,
        };
    }

    /// <summary>Compiles a condition on a value; null when it was refused.</summary>
    public static ValueMatcher? Value(StringMatcher matcher, CompileScope scope)
    {
        switch (matcher.MatchPatternCase)
        {
            case StringMatcher.MatchPatternOneofCase.Exact:
                return ValueMatcher.OfText(ValueMatchKind.Exact, matcher.Exact, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.Prefix:
                return ValueMatcher.OfText(ValueMatchKind.Prefix, matcher.Prefix, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.Suffix:
                return ValueMatcher.OfText(ValueMatchKind.Suffix, matcher.Suffix, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.Contains:
                return ValueMatcher.OfText(ValueMatchKind.Contains, matcher.Contains, matcher.IgnoreCase);
            case StringMatcher.MatchPatternOneofCase.SafeRegex:
                return Pattern(matcher.SafeRegex, scope.At("safe_regex")) is { } pattern ? ValueMatcher.OfPattern(pattern) : null;
            default:
                scope.Refuse($"the string matcher {matcher.MatchPatternCase} is not supported");
                return null;
        }
    }

    /// <summary>Compiles an expression; null when it was refused.</summary>
    public static Re2Pattern? Pattern(RegexMatcher matcher, CompileScope scope)
    {
        if (Re2Pattern.TryParse(matcher.Regex, out Re2Pattern? pattern, out string? reason))
        {
            return pattern;
        }

        scope.Refuse(reason);
        return null;
    }

    /// <summary>Compiles an expression with what replaces its matches; null when it was refused.</summary>
    public static (Re2Pattern Pattern, Re2Substitution Substitution)? Replacement(RegexMatchAndSubstitute replacement, CompileScope scope)
    {
        if (replacement.Pattern is null)
        {
            scope.Refuse("pattern is missing");
            return null;
        }

        if (Pattern(replacement.Pattern, scope.At("pattern")) is not { } pattern)
        {
            return null;
        }

        if (!Re2Substitution.TryParse(replacement.Substitution, pattern.GroupCount, out Re2Substitution? substitution, out string? reason))
        {
            scope.At("substitution").Refuse(reason);
            return null;
        }

        scope.At("substitution").RefuseIf(PathRules.CheckTarget(replacement.Substitution));
        return (pattern, substitution);
    }

    /// <summary>Compiles a condition on what filters have noted; null when it was refused.</summary>
    public static MetadataMatcher? Metadata(MetadataMatcherProto matcher, CompileScope scope)
    {
        scope.RefuseIf(matcher.Filter.Length == 0, "filter is empty");
        scope.RefuseIf(matcher.Path.Count == 0, "path is empty");
        scope.RefuseIf(matcher.Path.Any(static segment => segment.Key.Length == 0), "path: a key is empty");
        MetadataValueMatcher? value = MetadataValue(matcher.Value, scope.At("value"));
        return value is null || matcher.Path.Count == 0
            ? null
            : new MetadataMatcher(new MetadataPath(matcher.Filter, [.. matcher.Path.Select(static segment => segment.Key)]), value, matcher.Invert);
    }

    private static MetadataValueMatcher? MetadataValue(ValueMatcherProto? matcher, CompileScope scope)
    {
        switch (matcher?.MatchPatternCase ?? ValueMatcherProto.MatchPatternOneofCase.None)
        {
            case ValueMatcherProto.MatchPatternOneofCase.NullMatch:
                return new MetadataValueMatcher.IsNull();
            case ValueMatcherProto.MatchPatternOneofCase.DoubleMatch:
                DoubleMatcher number = matcher!.DoubleMatch;
                return number.MatchPatternCase == DoubleMatcher.MatchPatternOneofCase.Range
                    ? new MetadataValueMatcher.Number(number.Range.Start, number.Range.End)
                    : new MetadataValueMatcher.Number(number.Exact, number.Exact);
            case ValueMatcherProto.MatchPatternOneofCase.StringMatch:
                return Value(matcher!.StringMatch, scope.At("string_match")) is { } text ? new MetadataValueMatcher.Text(text) : null;
            case ValueMatcherProto.MatchPatternOneofCase.BoolMatch:
                return new MetadataValueMatcher.Boolean(matcher!.BoolMatch);
            case ValueMatcherProto.MatchPatternOneofCase.PresentMatch:
                return new MetadataValueMatcher.Present(matcher!.PresentMatch);
            case ValueMatcherProto.MatchPatternOneofCase.ListMatch when matcher!.ListMatch.OneOf is { } one:
                return MetadataValue(one, scope.At("list_match").At("one_of")) is { } item ? new MetadataValueMatcher.OneOf(item) : null;
            case ValueMatcherProto.MatchPatternOneofCase.OrMatch:
                CompileScope at = scope.At("or_match");
                MetadataValueMatcher?[] any = [.. matcher!.OrMatch.ValueMatchers.Select((inner, i) => MetadataValue(inner, at.At("value_matchers", i)))];
                return Array.Exists(any, static inner => inner is null) ? null : new MetadataValueMatcher.AnyOf(any!);
            default:
                scope.Refuse($"the value matcher {matcher?.MatchPatternCase} is not supported");
                return null;
        }
    }

    /// <summary>Compiles a share of requests.</summary>
    public static RequestFraction Fraction(FractionalPercent percent) => new(percent.Numerator, percent.Denominator switch
    {
        FractionalPercent.Types.DenominatorType.TenThousand => 10_000,
        FractionalPercent.Types.DenominatorType.Million => 1_000_000,
        _ => 100,
    });

    private static PathMatcher Path(RouteMatch match, CompileScope scope)
    {
        bool isCaseSensitive = match.CaseSensitive ?? true;
        switch (match.PathSpecifierCase)
        {
            case RouteMatch.PathSpecifierOneofCase.Prefix:
                return PathMatcher.OfText(PathMatchKind.Prefix, match.Prefix, isCaseSensitive);
            case RouteMatch.PathSpecifierOneofCase.Path:
                return PathMatcher.OfText(PathMatchKind.Exact, match.Path, isCaseSensitive);
            case RouteMatch.PathSpecifierOneofCase.PathSeparatedPrefix:
                return PathMatcher.OfText(PathMatchKind.PathSeparatedPrefix, match.PathSeparatedPrefix, isCaseSensitive);
            case RouteMatch.PathSpecifierOneofCase.SafeRegex:
                return MatcherCompiler.Pattern(match.SafeRegex, scope.At("safe_regex")) is { } pattern ? PathMatcher.OfPattern(pattern) : AnyPath;
            case RouteMatch.PathSpecifierOneofCase.ConnectMatcher:
                return PathMatcher.OfConnect;
            case RouteMatch.PathSpecifierOneofCase.None:
                scope.Refuse("a condition on the path is missing");
                return AnyPath;
            default:
                scope.Refuse($"the path condition {match.PathSpecifierCase} is not supported");
                return AnyPath;
        }
    }

    /// <summary>Compiles a condition on a query parameter.</summary>
    public static QueryParameterMatcher QueryParameter(QueryParameterMatcherProto parameter, CompileScope scope)
    {
        bool hasValue = parameter.QueryParameterMatchSpecifierCase == QueryParameterMatcherProto.QueryParameterMatchSpecifierOneofCase.StringMatch;
        return new QueryParameterMatcher(parameter.Name, hasValue ? Value(parameter.StringMatch, scope.At("string_match")) : null);
    }
}
