namespace Tidegate.Pilot.Resources.SecurityPolicies;

/// <summary>Clients have a key (Envoy Gateway: <c>APIKeyAuth</c>).</summary>
public sealed record ApiKeyAuthSettings
{
    /// <summary><c>credentialRefs</c>: Secrets with a key for each client, by the client's id.</summary>
    public IReadOnlyList<NamedObject> CredentialRefs { get; init; } = [];

    /// <summary><c>extractFrom</c>: where keys are looked for; the first that there is counts.</summary>
    public IReadOnlyList<ApiKeySource> ExtractFrom { get; init; } = [];

    /// <summary><c>forwardClientIDHeader</c>; empty for none.</summary>
    public string ForwardClientIdHeader { get; init; } = string.Empty;

    /// <summary><c>sanitize</c>: whether the key is taken out of what goes on; null where the policy does not say.</summary>
    public bool? Sanitize { get; init; }
}

/// <summary>Envoy Gateway: <c>ExtractFrom</c>, of which one list is given.</summary>
/// <param name="Headers"><c>headers</c>.</param>
/// <param name="Params"><c>params</c> of the query.</param>
/// <param name="Cookies"><c>cookies</c>.</param>
public sealed record ApiKeySource(IReadOnlyList<string> Headers, IReadOnlyList<string> Params, IReadOnlyList<string> Cookies);
