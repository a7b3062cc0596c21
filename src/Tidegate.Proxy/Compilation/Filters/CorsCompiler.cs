using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Routing;
using Tidegate.Rules.Values;
using CorsProto = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles CORS policies (istio-gateway.md 4.13).</summary>
internal static class CorsCompiler
{
    /// <summary>Compiles the policy of a route.</summary>
    public static CorsFilter Compile(CorsProto policy, CompileScope scope) => new(new CorsPolicy
    {
        AllowedOrigins =
        [
            .. policy.AllowOriginStringMatch
                .Select((origin, i) => MatcherCompiler.Value(origin, scope.At("allow_origin_string_match", i)))
                .OfType<ValueMatcher>(),
        ],
        AllowMethods = Value(policy.AllowMethods, scope.At("allow_methods")),
        AllowHeaders = Value(policy.AllowHeaders, scope.At("allow_headers")),
        ExposeHeaders = Value(policy.ExposeHeaders, scope.At("expose_headers")),
        MaxAge = Value(policy.MaxAge, scope.At("max_age")),
        AllowsCredentials = policy.AllowCredentials,
        AllowsPrivateNetwork = policy.AllowPrivateNetworkAccess,
        ForwardsOtherPreflights = policy.ForwardNotMatchingPreflights,
        EnabledShare = policy.FilterEnabled?.DefaultValue is { } enabled ? MatcherCompiler.Fraction(enabled) : new RequestFraction(100, 100),
        ShadowShare = policy.ShadowEnabled?.DefaultValue is { } shadow ? MatcherCompiler.Fraction(shadow) : new RequestFraction(0, 100),
    });

    private static byte[] Value(string text, CompileScope scope)
    {
        byte[] value = CorsPolicy.Bytes(text);
        scope.RefuseIf(FieldRules.CheckValue(text));
        return value;
    }
}
