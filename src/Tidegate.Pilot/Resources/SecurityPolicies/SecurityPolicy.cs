namespace Tidegate.Pilot.Resources.SecurityPolicies;

/// <summary>Who may send requests to what it is attached to (Envoy Gateway: <c>gateway.envoyproxy.io/v1alpha1</c>).</summary>
/// <param name="Metadata">Name, namespace, labels, annotations.</param>
/// <param name="Origin">Where it was read.</param>
/// <param name="Spec">What it says.</param>
public sealed record SecurityPolicy(ResourceMetadata Metadata, Origin Origin, SecurityPolicySpec Spec) : Resource(Metadata, Origin), IHasApiKind, IGuard, IAttachedPolicy
{
    /// <inheritdoc/>
    public static ApiKind KindOfType { get; } = new(ApiGroups.EnvoyGateway, "SecurityPolicy");

    /// <inheritdoc/>
    public override ApiKind ApiKind => KindOfType;

    /// <summary>The fields of a refused policy that are wrong; null for one that is good.</summary>
    internal IReadOnlyCollection<string>? WrongFields { get; private init; }

    bool IGuard.IsRefused => WrongFields is not null;

    PolicyAttachment IAttachedPolicy.Attachment => Spec.Attachment;

    Resource IGuard.AsRefused(IReadOnlyCollection<string> wrongFields) => this with { WrongFields = wrongFields };
}

/// <summary><c>SecurityPolicy.spec</c>.</summary>
public sealed record SecurityPolicySpec
{
    /// <summary><c>targetRef</c>, <c>targetRefs</c>, <c>targetSelectors</c> and <c>mergeType</c>.</summary>
    public PolicyAttachment Attachment { get; init; } = new();

    /// <summary><c>cors</c>; null where it is not given, as the following.</summary>
    public CorsSettings? Cors { get; init; }

    /// <summary><c>apiKeyAuth</c>.</summary>
    public ApiKeyAuthSettings? ApiKeyAuth { get; init; }

    /// <summary><c>basicAuth</c>.</summary>
    public BasicAuthSettings? BasicAuth { get; init; }

    /// <summary><c>jwt</c>.</summary>
    public JwtSettings? Jwt { get; init; }

    /// <summary><c>oidc</c>.</summary>
    public OidcSettings? Oidc { get; init; }

    /// <summary><c>extAuth</c>.</summary>
    public ExtAuthSettings? ExtAuth { get; init; }

    /// <summary><c>authorization</c>.</summary>
    public AuthorizationSettings? Authorization { get; init; }
}

/// <summary>Envoy Gateway: <c>CORS</c>.</summary>
public sealed record CorsSettings
{
    /// <summary><c>allowOrigins</c>: <c>scheme://host[:port]</c> with <c>*</c> for any part of the host, or <c>*</c>.</summary>
    public IReadOnlyList<string> AllowOrigins { get; init; } = [];

    /// <summary><c>allowMethods</c>.</summary>
    public IReadOnlyList<string> AllowMethods { get; init; } = [];

    /// <summary><c>allowHeaders</c>.</summary>
    public IReadOnlyList<string> AllowHeaders { get; init; } = [];

    /// <summary><c>exposeHeaders</c>.</summary>
    public IReadOnlyList<string> ExposeHeaders { get; init; } = [];

    /// <summary><c>maxAge</c>.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary><c>allowCredentials</c>.</summary>
    public bool AllowCredentials { get; init; }
}

/// <summary>An object in the policy's own namespace that a policy names (Gateway API: <c>SecretObjectReference</c>, <c>LocalObjectReference</c>).</summary>
/// <param name="Group"><c>group</c>; empty for Kubernetes' core.</param>
/// <param name="Kind"><c>kind</c>.</param>
/// <param name="Name"><c>name</c>.</param>
/// <param name="Namespace"><c>namespace</c>; empty for the policy's own.</param>
public sealed record NamedObject(string Group, string Kind, string Name, string Namespace);

/// <summary>A service that is asked something (Envoy Gateway: <c>BackendRef</c>).</summary>
/// <param name="Object">The service.</param>
/// <param name="Port"><c>port</c>.</param>
public sealed record BackendReference(NamedObject Object, uint? Port);
