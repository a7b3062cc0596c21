using System.Collections.Frozen;

namespace Tidegate.Rules.Values;

/// <summary>
/// Which of Envoy's extensions keep requests or connections out (docs/decisions/unit-of-refusal.md). One that cannot be used as it is configured lets nothing
/// through, whoever configures it; what is not named here is left out.
/// </summary>
public static class GuardRules
{
    // They say who may come in.
    private static readonly FrozenSet<string> Guards = FrozenSet.Create(
        "api_key_auth", "basic_auth", "client_ssl_auth", "csrf", "ext_authz", "jwt_authn", "local_ratelimit", "oauth2", "rbac");

    // They bound how much comes in, which Envoy does without when it cannot ask (failure_mode_deny), or run what only their author knows.
    private static readonly FrozenSet<string> Others = FrozenSet.Create(
        "admission_control", "bandwidth_limit", "connection_limit", "dynamic_modules", "ext_proc", "golang", "lua", "rate_limit_quota", "ratelimit", "wasm");

    /// <summary>Whether an extension keeps out what may not come in.</summary>
    /// <param name="typeOrName">The type that configures it, or a filter's name: <c>envoy.extensions.filters.http.rbac.v3.RBAC</c>, <c>envoy.filters.http.rbac</c>.</param>
    public static bool IsGuard(string typeOrName) => Has(Guards, typeOrName);

    /// <summary>Whether leaving an extension out may let in what its author wanted kept out, so that it is more than a warning.</summary>
    public static bool MayProtect(string typeOrName) => Has(Guards, typeOrName) || Has(Others, typeOrName);

    private static bool Has(FrozenSet<string> names, string typeOrName) => typeOrName.Split('/', '.').Any(names.Contains);
}
