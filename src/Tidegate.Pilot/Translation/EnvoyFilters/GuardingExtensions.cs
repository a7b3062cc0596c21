namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Extensions of Envoy that keep traffic out. What asks for one that is not there is more than a warning: traffic is let in that would not be.</summary>
internal static class GuardingExtensions
{
    private static readonly string[] Names =
    [
        "admission_control", "api_key_auth", "bandwidth_limit", "basic_auth", "connection_limit", "csrf", "ext_authz", "jwt_authn", "local_ratelimit", "oauth2",
        "rate_limit_quota", "ratelimit", "rbac",
    ];

    /// <summary>Whether the extension that a type configures, or a filter of that name, is one of them.</summary>
    public static bool Contains(string typeOrName) => typeOrName.Split('/', '.').Any(Names.Contains);
}
