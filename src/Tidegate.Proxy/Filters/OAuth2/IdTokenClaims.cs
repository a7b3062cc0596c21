using System.Text.Json;
using Tidegate.Proxy.Filters.Jwt;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>What is looked at of a token that came from the provider itself (OpenID Connect Core 1.0, section 2), whose signature TLS stands for (section 3.1.3.7, step 6).</summary>
/// <param name="Audiences">For whom it is.</param>
/// <param name="Subject">Whom it is about.</param>
/// <param name="Nonce">The login that it is of; empty where it does not say.</param>
/// <param name="Expiry">Until when it is good, in seconds since 1970; null where it does not say.</param>
internal sealed record IdTokenClaims(IReadOnlyList<string> Audiences, string Subject, string Nonce, long? Expiry)
{
    // As Envoy lets clocks differ where it checks tokens.
    private const long SkewSeconds = 60;

    /// <summary>Reads a token; null when it is none that can be read, be it that it is encrypted.</summary>
    public static IdTokenClaims? TryParse(ReadOnlySpan<byte> token)
    {
        int first = token.IndexOf((byte)'.');
        int second = first < 0 ? -1 : token[(first + 1)..].IndexOf((byte)'.') + first + 1;
        if (first <= 0 || second <= first || token[(second + 1)..].Contains((byte)'.') || JwtBase64.Decode(token[(first + 1)..second]) is not { } payload)
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(payload);
            JsonElement root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? null : new IdTokenClaims(
                AudiencesOf(root), Text(root, "sub"), Text(root, "nonce"),
                root.TryGetProperty("exp", out JsonElement exp) && exp.ValueKind == JsonValueKind.Number && exp.TryGetDouble(out double expiry) && expiry is >= 0 and < 1e12 ? (long)expiry : null);
        }
        catch (JsonException)
        {
            return null; // what is wrong would quote it
        }
    }

    /// <summary>Why an ID token does not count; null when it does. One that is encrypted cannot be looked into.</summary>
    /// <param name="token">The token; empty for none, which counts.</param>
    /// <param name="clientId">For whom it has to be.</param>
    /// <param name="nonce">The login that it has to be of; null where it is of none.</param>
    /// <param name="subject">Whom it has to be about; empty for anybody.</param>
    /// <param name="now">The time, in seconds since 1970.</param>
    public static string? ProblemOf(ReadOnlySpan<byte> token, string clientId, string? nonce, string subject, long now)
    {
        if (token.IsEmpty || token.Count((byte)'.') == 4)
        {
            return null;
        }

        if (TryParse(token) is not { } claims)
        {
            return "ID_token_cannot_be_read";
        }

        return !claims.Audiences.Contains(clientId) ? "ID_token_is_for_another_client"
            : claims.Expiry is not { } expiry || expiry + SkewSeconds <= now ? "ID_token_is_expired"
            : nonce is not null && claims.Nonce != nonce ? "ID_token_is_of_another_login"
            : subject.Length > 0 && claims.Subject != subject ? "ID_token_is_about_another_user"
            : null;
    }

    private static string[] AudiencesOf(JsonElement root) => !root.TryGetProperty("aud", out JsonElement aud) ? [] : aud.ValueKind switch
    {
        JsonValueKind.String => [aud.GetString()!],
        JsonValueKind.Array => [.. aud.EnumerateArray().Where(static one => one.ValueKind == JsonValueKind.String).Select(static one => one.GetString()!)],
        _ => [],
    };

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : string.Empty;
}
