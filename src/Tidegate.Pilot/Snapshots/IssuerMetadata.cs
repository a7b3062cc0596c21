using System.Text.Json;
using Tidegate.Pilot.Translation;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Snapshots;

/// <summary>What an issuer says of itself (OpenID Connect Discovery 1.0, section 3), as far as somebody here asks for it; empty for what it does not say.</summary>
/// <param name="Issuer">Who it says it is.</param>
/// <param name="AuthorizationEndpoint">Where clients log in.</param>
/// <param name="TokenEndpoint">Where codes become tokens.</param>
/// <param name="EndSessionEndpoint">Where clients log out (OpenID Connect RP-Initiated Logout 1.0, section 2.1).</param>
/// <param name="JwksUri">Where its keys are.</param>
internal sealed record IssuerMetadata(string Issuer, string AuthorizationEndpoint, string TokenEndpoint, string EndSessionEndpoint, string JwksUri)
{
    /// <summary>Where its keys are.</summary>
    /// <exception cref="HttpRequestException">It does not say.</exception>
    public string KeySetUri => JwksUri.Length > 0 ? JwksUri : throw new HttpRequestException("the issuer's configuration has no jwks_uri");

    /// <summary>Reads the document.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static IssuerMetadata Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        string Text(string name) => document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;
        return new IssuerMetadata(Text("issuer"), Text("authorization_endpoint"), Text("token_endpoint"), Text("end_session_endpoint"), Text("jwks_uri"));
    }

    /// <summary>
    /// The provider that was asked for; null, and what is wrong, when the document is not about it or has no endpoints that can be used. One that is asked over TLS
    /// names no endpoint without, as credentials go there.
    /// </summary>
    /// <param name="asked">Whom it was asked of.</param>
    /// <param name="problem">What is wrong.</param>
    public OpenIdProvider? ToProvider(string asked, out string problem)
    {
        bool needsTls = asked.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        problem = Issuer.TrimEnd('/') != asked.TrimEnd('/') ? "the document there is of another issuer"
            : ProblemOf("authorization_endpoint", AuthorizationEndpoint, needsTls)
                ?? ProblemOf("token_endpoint", TokenEndpoint, needsTls)
                ?? (EndSessionEndpoint.Length == 0 ? null : ProblemOf("end_session_endpoint", EndSessionEndpoint, needsTls))
                ?? string.Empty;
        return problem.Length > 0 ? null : new OpenIdProvider(
            AuthorizationEndpoint, TokenEndpoint, EndSessionEndpoint.Length == 0 ? null : EndSessionEndpoint, JwksUri.Length == 0 ? null : JwksUri);
    }

    private static string? ProblemOf(string field, string endpoint, bool needsTls)
    {
        bool isUsable = UrlRules.CheckEndpoint(endpoint) is null && (!needsTls || endpoint.StartsWith("https:", StringComparison.OrdinalIgnoreCase));
        return isUsable ? null : endpoint.Length == 0 ? $"the issuer's configuration has no {field}" : $"the issuer's {field} is no address that can be used";
    }
}
