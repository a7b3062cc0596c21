namespace Tidegate.Pilot.Resources.SecurityPolicies;

/// <summary>Who is let in: the first rule that fits decides (Envoy Gateway: <c>Authorization</c>).</summary>
public sealed record AuthorizationSettings
{
    /// <summary><c>rules</c>.</summary>
    public IReadOnlyList<AuthorizationPolicyRule> Rules { get; init; } = [];

    /// <summary><c>defaultAction</c> is <c>Allow</c>: whom no rule fits is let in.</summary>
    public bool AllowsByDefault { get; init; }
}

/// <summary>Envoy Gateway: <c>AuthorizationRule</c>.</summary>
public sealed record AuthorizationPolicyRule
{
    /// <summary><c>name</c>; empty where it has none.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>action</c> is <c>Allow</c>.</summary>
    public bool Allows { get; init; }

    /// <summary><c>operation</c>; null for any.</summary>
    public RuleOperation? Operation { get; init; }

    /// <summary><c>principal</c>; null where it is not given.</summary>
    public RulePrincipal? Principal { get; init; }
}

/// <summary>Envoy Gateway: <c>Operation</c>.</summary>
/// <param name="Methods"><c>methods</c>; empty for any.</param>
/// <param name="Path"><c>path</c>; null for any.</param>
public sealed record RuleOperation(IReadOnlyList<string> Methods, RulePath? Path);

/// <summary>How a path is compared (Envoy Gateway: <c>PathMatch</c>).</summary>
public enum RulePathType
{
    /// <summary>PathPrefix: by whole segments.</summary>
    PathPrefix,

    /// <summary>Exact.</summary>
    Exact,

    /// <summary>RegularExpression: of the whole path.</summary>
    RegularExpression,
}

/// <summary>Envoy Gateway: <c>PathMatch</c>.</summary>
/// <param name="Type"><c>type</c>.</param>
/// <param name="Value"><c>value</c>.</param>
/// <param name="Inverts"><c>invert</c>.</param>
public sealed record RulePath(RulePathType Type, string Value, bool Inverts);

/// <summary>Envoy Gateway: <c>Principal</c>. All that is given has to fit.</summary>
public sealed record RulePrincipal
{
    /// <summary><c>clientCIDRs</c>: one of them; empty for any.</summary>
    public IReadOnlyList<string> ClientCidrs { get; init; } = [];

    /// <summary><c>jwt</c>; null for any.</summary>
    public RuleToken? Jwt { get; init; }

    /// <summary><c>headers</c>: all of them.</summary>
    public IReadOnlyList<RuleHeader> Headers { get; init; } = [];
}

/// <summary>Envoy Gateway: <c>AuthorizationHeaderMatch</c>.</summary>
/// <param name="Name"><c>name</c>.</param>
/// <param name="Values"><c>values</c>: one of them.</param>
public sealed record RuleHeader(string Name, IReadOnlyList<string> Values);

/// <summary>Envoy Gateway: <c>JWTPrincipal</c>.</summary>
/// <param name="Provider"><c>provider</c>.</param>
/// <param name="Claims"><c>claims</c>: all of them.</param>
/// <param name="Scopes"><c>scopes</c>: all of them.</param>
public sealed record RuleToken(string Provider, IReadOnlyList<RuleClaim> Claims, IReadOnlyList<string> Scopes);

/// <summary>Envoy Gateway: <c>JWTClaim</c>.</summary>
/// <param name="Name"><c>name</c>, with dots between the names of nested ones.</param>
/// <param name="IsList"><c>valueType</c> is <c>StringArray</c>.</param>
/// <param name="Values"><c>values</c>: one of them.</param>
public sealed record RuleClaim(string Name, bool IsList, IReadOnlyList<string> Values);
