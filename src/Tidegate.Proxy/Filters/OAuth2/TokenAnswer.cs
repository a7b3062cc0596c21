using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>The tokens of a session; empty where the provider gave none, or they are not kept. Immutable, and never shown.</summary>
/// <param name="Access">The access token.</param>
/// <param name="Id">The ID token.</param>
/// <param name="Refresh">The refresh token.</param>
internal sealed record OAuth2Tokens(byte[] Access, byte[] Id, byte[] Refresh)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(OAuth2Tokens);
}

/// <summary>What became of a question to the token endpoint. Of the provider's words nothing is kept: they may hold secrets.</summary>
/// <param name="Tokens">The tokens; null when there are none.</param>
/// <param name="Seconds">How long the access token is good for.</param>
/// <param name="Problem">What is wrong, for the log; empty when nothing is.</param>
/// <param name="IsGarbled">Whether the provider said yes, and what it said could not be used.</param>
internal sealed record TokenAnswer(OAuth2Tokens? Tokens, long Seconds, string Problem, bool IsGarbled)
{
    // Longer than any session; what is beyond is no time.
    private const long MaxSeconds = 10L * 365 * 24 * 3600;

    // What a cookie's value, and so a token that upstreams get in one, can consist of (RFC 6265, section 4.1.1: cookie-octet).
    private static readonly SearchValues<byte> TokenBytes = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x7E - 0x21 + 1).Select(static c => (byte)c).Except("\",;\\"u8.ToArray())]);

    private static readonly SearchValues<byte> Visible = SearchValues.Create([.. Enumerable.Range(0x20, 0x7E - 0x20 + 1).Select(static c => (byte)c)]);

    /// <summary>There was no answer.</summary>
    public static readonly TokenAnswer None = Failed("Failed_to_get_access_token_due_to_HTTP_request_failure");

    /// <summary>The provider said no.</summary>
    public static TokenAnswer Refused(int status) => Failed(string.Create(CultureInfo.InvariantCulture, $"Failed_to_get_access_token:_response_code_{status}"));

    /// <summary>Reads the body of an answer with the status 200 (RFC 6749, section 5.1).</summary>
    /// <param name="json">The body.</param>
    /// <param name="defaultSeconds">How long an access token is good for where the answer does not say; 0: such an answer is none.</param>
    public static TokenAnswer Parse(ReadOnlyMemory<byte> json, long defaultSeconds)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return Garbled("Failed_to_parse_oauth_response_body");
            }

            if (!TryGetText(root, "access_token", TokenBytes, out byte[] access) || !TryGetText(root, "id_token", TokenBytes, out byte[] id) || !TryGetText(root, "refresh_token", Visible, out byte[] refresh))
            {
                return Garbled("Failed_to_parse_oauth_response_body");
            }

            if (access.Length == 0)
            {
                return Garbled("No_access_token_found_in_the_token_exchange_response");
            }

            long seconds = Math.Min(SecondsOf(root) ?? defaultSeconds, MaxSeconds);
            return seconds <= 0
                ? Garbled("No_default_or_explicit_access_token_expiration_found_in_the_token_exchange_response")
                : new TokenAnswer(new OAuth2Tokens(access, id, refresh), seconds, string.Empty, false);
        }
        catch (JsonException)
        {
            return Garbled("Failed_to_parse_oauth_response_body"); // what is wrong would quote it
        }
    }

    private static TokenAnswer Failed(string problem) => new(null, 0, problem, false);

    private static TokenAnswer Garbled(string problem) => new(null, 0, problem, true);

    // False: it is there, and is no token. What is missing or null is empty.
    private static bool TryGetText(JsonElement root, string name, SearchValues<byte> allowed, out byte[] value)
    {
        value = [];
        if (!root.TryGetProperty(name, out JsonElement element) || element.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (element.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        value = Encoding.UTF8.GetBytes(element.GetString()!);
        return value.AsSpan().IndexOfAnyExcept(allowed) < 0;
    }

    // Some providers write the number as a text.
    private static long? SecondsOf(JsonElement root) => !root.TryGetProperty("expires_in", out JsonElement element) ? null : element.ValueKind switch
    {
        JsonValueKind.Number => element.TryGetDouble(out double number) && number is >= 0 and <= MaxSeconds ? (long)number : element.TryGetDouble(out number) && number > 0 ? MaxSeconds : 0,
        JsonValueKind.String => long.TryParse(element.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out long text) ? text : 0,
        JsonValueKind.Null => null,
        _ => 0,
    };
}
