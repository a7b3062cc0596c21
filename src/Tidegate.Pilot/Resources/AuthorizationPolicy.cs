namespace Tidegate.Pilot.Resources;

/// <summary>Who may send requests (Istio: <c>security/v1beta1/authorization_policy.proto</c>).</summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="Spec">What it says.</param>
public sealed record AuthorizationPolicy(ResourceMetadata Metadata, Origin Origin, AuthorizationPolicySpec Spec) : Resource(Metadata, Origin), IHasApiKind, IGuard
{
    /// <summary>The annotation that makes a policy one that is only tried.</summary>
    public const string DryRunAnnotation = "istio.io/dry-run";

    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.Security, "AuthorizationPolicy");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;

    /// <summary>The fields of a refused policy that are wrong; null for one that is good.</summary>
    internal IReadOnlyCollection<string>? WrongFields { get; private init; }

    bool IGuard.IsRefused => WrongFields is not null;

    Resource IGuard.AsRefused(IReadOnlyCollection<string> wrongFields) => this with { WrongFields = wrongFields };
}

/// <summary><c>AuthorizationPolicy.spec</c>.</summary>
public sealed record AuthorizationPolicySpec
{
    /// <summary><c>selector</c> and <c>targetRefs</c>.</summary>
    public PolicyTargets Targets { get; init; } = new();

    /// <summary><c>action</c>.</summary>
    public AuthorizationAction Action { get; init; }

    /// <summary><c>provider.name</c>; null where there is no <c>provider</c>.</summary>
    public string? Provider { get; init; }

    /// <summary><c>rules</c>; empty fits nothing.</summary>
    public IReadOnlyList<AuthorizationRule> Rules { get; init; } = [];
}

/// <summary>Istio: <c>AuthorizationPolicy.Action</c>, with its numbers.</summary>
public enum AuthorizationAction
{
    /// <summary>ALLOW: what fits is let in, and nothing else.</summary>
    Allow,

    /// <summary>DENY: what fits is kept out.</summary>
    Deny,

    /// <summary>AUDIT: what fits is noted.</summary>
    Audit,

    /// <summary>CUSTOM: of what fits a provider is asked.</summary>
    Custom,
}

/// <summary>Istio: <c>Rule</c>. One of <see cref="From"/>, one of <see cref="To"/> and all of <see cref="When"/> have to fit.</summary>
public sealed record AuthorizationRule
{
    /// <summary><c>from[].source</c>; null for an entry without one.</summary>
    public IReadOnlyList<AuthorizationSource?> From { get; init; } = [];

    /// <summary><c>to[].operation</c>; null for an entry without one.</summary>
    public IReadOnlyList<AuthorizationOperation?> To { get; init; } = [];

    /// <summary><c>when</c>.</summary>
    public IReadOnlyList<AuthorizationCondition> When { get; init; } = [];
}

/// <summary>Values of which one has to fit, and values of which none may.</summary>
/// <param name="Values">Empty for any.</param>
/// <param name="NotValues">Empty for none.</param>
public sealed record AuthorizationValues(IReadOnlyList<string> Values, IReadOnlyList<string> NotValues)
{
    /// <summary>No values.</summary>
    public static readonly AuthorizationValues None = new([], []);

    /// <summary>Whether there are no values.</summary>
    public bool IsEmpty => Values.Count == 0 && NotValues.Count == 0;
}

/// <summary>Istio: <c>Source</c>.</summary>
public sealed record AuthorizationSource
{
    /// <summary><c>principals</c>, <c>notPrincipals</c>.</summary>
    public AuthorizationValues Principals { get; init; } = AuthorizationValues.None;

    /// <summary><c>requestPrincipals</c>, <c>notRequestPrincipals</c>.</summary>
    public AuthorizationValues RequestPrincipals { get; init; } = AuthorizationValues.None;

    /// <summary><c>namespaces</c>, <c>notNamespaces</c>.</summary>
    public AuthorizationValues Namespaces { get; init; } = AuthorizationValues.None;

    /// <summary><c>serviceAccounts</c>, <c>notServiceAccounts</c>.</summary>
    public AuthorizationValues ServiceAccounts { get; init; } = AuthorizationValues.None;

    /// <summary><c>trustDomains</c>, <c>notTrustDomains</c>.</summary>
    public AuthorizationValues TrustDomains { get; init; } = AuthorizationValues.None;

    /// <summary><c>ipBlocks</c>, <c>notIpBlocks</c>.</summary>
    public AuthorizationValues IpBlocks { get; init; } = AuthorizationValues.None;

    /// <summary><c>remoteIpBlocks</c>, <c>notRemoteIpBlocks</c>.</summary>
    public AuthorizationValues RemoteIpBlocks { get; init; } = AuthorizationValues.None;
}

/// <summary>Istio: <c>Operation</c>.</summary>
public sealed record AuthorizationOperation
{
    /// <summary><c>hosts</c>, <c>notHosts</c>.</summary>
    public AuthorizationValues Hosts { get; init; } = AuthorizationValues.None;

    /// <summary><c>ports</c>, <c>notPorts</c>.</summary>
    public AuthorizationValues Ports { get; init; } = AuthorizationValues.None;

    /// <summary><c>methods</c>, <c>notMethods</c>.</summary>
    public AuthorizationValues Methods { get; init; } = AuthorizationValues.None;

    /// <summary><c>paths</c>, <c>notPaths</c>.</summary>
    public AuthorizationValues Paths { get; init; } = AuthorizationValues.None;
}

/// <summary>Istio: <c>Condition</c>.</summary>
/// <param name="Key"><c>key</c>.</param>
/// <param name="Values"><c>values</c>, <c>notValues</c>.</param>
public sealed record AuthorizationCondition(string Key, AuthorizationValues Values);
