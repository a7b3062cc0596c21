namespace Tidegate.Pilot.Resources.SecurityPolicies;

/// <summary>Clients have a name and a password (Envoy Gateway: <c>BasicAuth</c>).</summary>
public sealed record BasicAuthSettings
{
    /// <summary><c>users</c>: a Secret with an entry <c>.htpasswd</c>.</summary>
    public NamedObject? Users { get; init; }

    /// <summary><c>forwardUsernameHeader</c>; empty for none.</summary>
    public string ForwardUsernameHeader { get; init; } = string.Empty;
}
