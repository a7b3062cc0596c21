using Tidegate.Proxy.Formatting;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>Where clients are sent to log out at the provider too (OpenID Connect RP-Initiated Logout 1.0, section 2). Immutable.</summary>
/// <param name="address">Its address.</param>
/// <param name="clientId">Who we are.</param>
/// <param name="returnsTo">Where the provider sends clients back to; null for the root of the host that they asked for.</param>
/// <param name="saysReturn">Whether the provider is told where to send them.</param>
internal sealed class EndSessionEndpoint(string address, string clientId, TextFormat? returnsTo, bool saysReturn)
{
    private readonly string _base = $"{address}{(address.Contains('?', StringComparison.Ordinal) ? '&' : '?')}";
    private readonly string _clientId = Uri.EscapeDataString(clientId);

    /// <summary>Where the provider sends clients back to; null for the root of the host that they asked for.</summary>
    public TextFormat? ReturnsTo => returnsTo;

    /// <summary>The address of one logout.</summary>
    /// <param name="idToken">The ID token of the session that ends; empty for none.</param>
    /// <param name="returnTo">Where to send the client then.</param>
    public string AddressOf(string idToken, string returnTo) =>
        $"{_base}{(idToken.Length > 0 ? $"id_token_hint={idToken}&" : string.Empty)}client_id={_clientId}{(saysReturn ? $"&post_logout_redirect_uri={Uri.EscapeDataString(returnTo)}" : string.Empty)}";
}
