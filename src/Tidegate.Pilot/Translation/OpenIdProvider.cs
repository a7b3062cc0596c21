namespace Tidegate.Pilot.Translation;

/// <summary>A provider that is asked where its endpoints are (OpenID Connect Discovery 1.0, section 4).</summary>
/// <param name="Issuer">The issuer, below which the document is.</param>
/// <param name="Timeout">How long fetching may take.</param>
public sealed record OpenIdProviderSource(string Issuer, TimeSpan Timeout);

/// <summary>The endpoints of a provider. Each is an absolute address with the scheme http or https, without user and fragment.</summary>
/// <param name="AuthorizationEndpoint">Where clients are sent to log in.</param>
/// <param name="TokenEndpoint">Where codes are exchanged for tokens.</param>
/// <param name="EndSessionEndpoint">Where clients are sent to log out; null when the provider has none.</param>
/// <param name="JwksUri">Where its keys are; null when it does not say. It is not checked: nobody goes there who does not check it.</param>
public sealed record OpenIdProvider(string AuthorizationEndpoint, string TokenEndpoint, string? EndSessionEndpoint, string? JwksUri);
