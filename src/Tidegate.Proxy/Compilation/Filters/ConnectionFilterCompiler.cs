using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.Authorization;
using NetworkExtAuthz = Envoy.Extensions.Filters.Network.ExtAuthz.V3.ExtAuthz;
using NetworkRbac = Envoy.Extensions.Filters.Network.Rbac.V3.RBAC;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles filters for connections whose bytes are passed on.</summary>
internal sealed class ConnectionFilterCompiler(FilterParts parts)
{
    /// <summary>Whether a message configures one of them.</summary>
    public static bool IsKnown(Any? config) => config is not null && (config.Is(NetworkRbac.Descriptor) || config.Is(NetworkExtAuthz.Descriptor));

    /// <summary>Compiles one that is known; nothing when it was refused.</summary>
    public IEnumerable<ConnectionFilter> Compile(Any config, CompileScope scope)
    {
        ConnectionFilter? filter = config.Is(NetworkRbac.Descriptor)
            ? scope.TryUnpack(config, out NetworkRbac? rbac) ? Rbac(rbac, scope) : null
            : scope.TryUnpack(config, out NetworkExtAuthz? authorizer) ? ExtAuthzCompiler.Compile(authorizer, parts, scope) : null;
        return filter is null ? [] : [filter];
    }

    private ConnectionRbacFilter Rbac(NetworkRbac config, CompileScope scope)
    {
        var compiler = new RbacCompiler(parts.Matchers);
        scope.RefuseIf(config.Matcher is not null, "matcher is not supported");
        scope.LeaveOutIf(config.ShadowMatcher is not null, "shadow_matcher is not supported");
        return new ConnectionRbacFilter
        {
            Rules = config.Rules is null ? null : compiler.Rules(config.Rules, scope.At("rules")),
            ShadowRules = config.ShadowRules is null ? null : compiler.Rules(config.ShadowRules, scope.At("shadow_rules")),
            StatPrefix = config.StatPrefix,
            ShadowNames = new RbacResultNames(config.ShadowRulesStatPrefix),
        };
    }
}
