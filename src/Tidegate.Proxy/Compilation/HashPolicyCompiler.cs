using Envoy.Config.Route.V3;
using Tidegate.Proxy.Runtime.Hashing;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Compilation;

/// <summary>Compiles what requests are hashed by (istio-gateway.md 4.14).</summary>
internal static class HashPolicyCompiler
{
    /// <summary>The hash of a route; null when it has no policies.</summary>
    public static RequestHash? Compile(IReadOnlyList<RouteAction.Types.HashPolicy> sources, CompileScope scope)
    {
        List<HashPolicy> policies = [];
        for (int i = 0; i < sources.Count; i++)
        {
            if (Compile(sources[i], scope.At("hash_policy", i)) is { } policy)
            {
                policies.Add(policy);
            }
        }

        return policies.Count == 0 ? null : new RequestHash(policies);
    }

    private static HashPolicy? Compile(RouteAction.Types.HashPolicy source, CompileScope scope)
    {
        switch (source.PolicySpecifierCase)
        {
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.Header:
                scope.At("header.header_name").RefuseIf(source.Header.HeaderName.Length == 0, "it is empty");
                return new HeaderHash(source.Header.HeaderName)
                {
                    IsTerminal = source.Terminal,
                    Rewrite = source.Header.RegexRewrite is { } rewrite ? MatcherCompiler.Replacement(rewrite, scope.At("header.regex_rewrite")) : null,
                };
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.Cookie:
                RouteAction.Types.HashPolicy.Types.Cookie cookie = source.Cookie;
                scope.At("cookie.name").RefuseIf(CookieRules.CheckName(cookie.Name));
                scope.At("cookie.path").RefuseIf(CookieRules.CheckAttribute(cookie.Path));
                for (int i = 0; i < cookie.Attributes.Count; i++)
                {
                    scope.At("cookie.attributes", i).RefuseIf(CookieRules.CheckAttribute(cookie.Attributes[i].Name) ?? CookieRules.CheckAttribute(cookie.Attributes[i].Value));
                }

                return new CookieHash(
                    cookie.Name,
                    scope.At("cookie.ttl").MillisecondsOrNull(cookie.Ttl) / 1000,
                    cookie.Path,
                    cookie.Attributes.Select(static attribute => KeyValuePair.Create(attribute.Name, attribute.Value)))
                {
                    IsTerminal = source.Terminal,
                };
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.ConnectionProperties:
                return source.ConnectionProperties.SourceIp ? new SourceAddressHash { IsTerminal = source.Terminal } : null;
            case RouteAction.Types.HashPolicy.PolicySpecifierOneofCase.QueryParameter:
                scope.At("query_parameter.name").RefuseIf(source.QueryParameter.Name.Length == 0, "it is empty");
                return new QueryParameterHash(source.QueryParameter.Name) { IsTerminal = source.Terminal };
            default:
                scope.Refuse($"a hash of kind {source.PolicySpecifierCase} is not supported");
                return null;
        }
    }
}
