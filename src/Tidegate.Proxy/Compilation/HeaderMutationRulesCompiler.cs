using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Routing;
using Proto = Envoy.Config.Common.MutationRules.V3.HeaderMutationRules;
using RegexMatcher = Envoy.Type.Matcher.V3.RegexMatcher;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles which fields others may change.</summary>
internal static class HeaderMutationRulesCompiler
{
    /// <summary>Compiles the rules.</summary>
    public static HeaderMutationRules Compile(Proto rules, CompileScope scope) => new()
    {
        AllowsRouting = rules.AllowAllRouting ?? false,
        AllowsEnvoy = rules.AllowEnvoy ?? false,
        DisallowsSystem = rules.DisallowSystem ?? false,
        DisallowsAll = rules.DisallowAll ?? false,
        Allowed = Names(rules.AllowExpression, scope.At("allow_expression")),
        Disallowed = Names(rules.DisallowExpression, scope.At("disallow_expression")),
        FailsOnDisallowed = rules.DisallowIsError ?? false,
    };

    private static ValueMatcher? Names(RegexMatcher? expression, CompileScope scope) =>
        expression is not null && MatcherCompiler.Pattern(expression, scope) is { } pattern ? ValueMatcher.OfPattern(pattern) : null;
}
