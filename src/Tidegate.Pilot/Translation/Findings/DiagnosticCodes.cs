namespace Tidegate.Pilot.Translation.Findings;

/// <summary>The codes of translation's diagnostics.</summary>
public static class DiagnosticCodes
{
    /// <summary>A server of a Gateway does not go with those of other Gateways.</summary>
    public const string ServerLeftOut = "gateway-server-left-out";

    /// <summary>A Gateway selects no proxy here.</summary>
    public const string GatewaySelectsNothing = "gateway-selects-nothing";

    /// <summary>Endpoints are for a Service, or a port of it, that there is not.</summary>
    public const string EndpointsUnused = "endpoints-unused";

    /// <summary>A server of bytes has no route, so that its port does nothing.</summary>
    public const string ServerWithoutRoute = "server-without-route";

    /// <summary>No discovery selector of the mesh chooses a namespace.</summary>
    public const string NamespaceNotDiscovered = "namespace-not-discovered";

    /// <summary>An object's setting counts in place of an option of the process.</summary>
    public const string SettingReplaced = "setting-replaced";

    /// <summary>An object is not exported to the gateway's namespace.</summary>
    public const string NotExported = "not-exported";

    /// <summary>A route delegates to a VirtualService that is not there or not visible.</summary>
    public const string DelegateMissing = "delegate-missing";

    /// <summary>A delegate's route goes beyond what is delegated to it.</summary>
    public const string DelegateConflict = "delegate-conflict";

    /// <summary>A route is never reached, because another VirtualService on its host has the same match and comes first.</summary>
    public const string RouteTaken = "route-taken";

    /// <summary>A subset of one name is defined twice.</summary>
    public const string SubsetDuplicate = "subset-duplicate";

    /// <summary>A patch of an EnvoyFilter cannot be applied.</summary>
    public const string PatchBroken = "envoy-patch-broken";

    /// <summary>A filter of an EnvoyFilter that keeps traffic out cannot be used as it is written, so that nothing gets through it.</summary>
    public const string GuardUnusable = "guard-unusable";

    /// <summary>A patch of an EnvoyFilter matches nothing.</summary>
    public const string PatchMatchesNothing = "envoy-patch-matches-nothing";

    /// <summary>A credential is not there, or has not what it is asked for.</summary>
    public const string SecretUnusable = "secret-unusable";

    /// <summary>Whom a policy asks cannot be asked.</summary>
    public const string AuthorizerUnusable = "authorizer-unusable";

    /// <summary>What a policy is attached to is not there.</summary>
    public const string PolicyTargetMissing = "policy-target-missing";

    /// <summary>Another policy counts in a policy's place.</summary>
    public const string PolicyOverridden = "policy-overridden";

    /// <summary>The field is translated, or known, but this version of the proxy does not act on it yet.</summary>
    public const string NotYetActedOn = "not-yet-acted-on";

    /// <summary>The proxy refuses what was made of the field; nothing else is held up by it.</summary>
    public const string RefusedByProxy = "refused-by-proxy";
}
