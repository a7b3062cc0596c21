using Envoy.Extensions.Filters.Http.Csrf.V3;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles checks of origins.</summary>
internal static class CsrfCompiler
{
    /// <summary>Compiles a check, of a listener or of a route.</summary>
    public static CsrfFilter Compile(CsrfPolicy policy, CompileScope scope)
    {
        scope.RefuseIf(policy.FilterEnabled is null, "filter_enabled is missing");
        return new CsrfFilter(
            policy.FilterEnabled?.DefaultValue is { } enabled ? MatcherCompiler.Fraction(enabled) : RequestFraction.All,
            policy.ShadowEnabled?.DefaultValue is { } shadowed ? MatcherCompiler.Fraction(shadowed) : RequestFraction.None,
            [.. policy.AdditionalOrigins.Select((origin, i) => MatcherCompiler.Value(origin, scope.At("additional_origins", i))).OfType<ValueMatcher>()]);
    }
}
