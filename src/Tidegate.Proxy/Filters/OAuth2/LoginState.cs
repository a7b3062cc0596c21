using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tidegate.Proxy.Filters.OAuth2;

/// <summary>
/// A login that a client has begun: what goes to the provider and comes back (<c>state</c>, as Envoy writes it), and what the client keeps. Where the client is sent back to is
/// signed with it, for this host, so that nobody can have others sent elsewhere.
/// </summary>
/// <param name="Url">Where the client wanted to go.</param>
/// <param name="CsrfToken">The login's name and its signature; the client has it in a cookie as well.</param>
/// <param name="FlowId">The login's name.</param>
internal sealed record LoginState(
    [property: JsonPropertyName("url")] string Url, [property: JsonPropertyName("csrf_token")] string CsrfToken, [property: JsonPropertyName("flow_id")] string FlowId)
{
    // A name of ours is as long; what is not is none.
    private const int FlowIdLength = 32;

    /// <summary>Begins a login.</summary>
    public static LoginState Begin(OAuth2Key key, byte[] host, string url)
    {
        string flow = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(FlowIdLength / 2));
        return new LoginState(url, $"{flow}.{key.Sign(host, Encoding.UTF8.GetBytes(flow), Encoding.UTF8.GetBytes(url))}", flow);
    }

    /// <summary>Reads what came back; null when it is nothing of ours.</summary>
    public static LoginState? TryParse(ReadOnlySpan<byte> text)
    {
        byte[] json = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (!Base64Url.IsValid(text) || !Base64Url.TryDecodeFromUtf8(text, json, out int length))
        {
            return null;
        }

        try
        {
            LoginState? state = JsonSerializer.Deserialize(json.AsSpan(0, length), LoginStateJson.Default.LoginState);
            return state is { Url: not null, CsrfToken: not null, FlowId.Length: FlowIdLength } && state.FlowId.All(char.IsAsciiHexDigitLower) ? state : null;
        }
        catch (JsonException)
        {
            return null; // anybody can send anything
        }
    }

    /// <summary>What goes to the provider.</summary>
    public string ToText() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this, LoginStateJson.Default.LoginState));

    /// <summary>Whether it is one of ours for this host, and the client's own.</summary>
    /// <param name="key">The key that it would be signed with.</param>
    /// <param name="host">The host.</param>
    /// <param name="cookie">What the client has in its cookie.</param>
    public bool IsOf(OAuth2Key key, byte[] host, ReadOnlySpan<byte> cookie)
    {
        byte[] token = Encoding.UTF8.GetBytes(CsrfToken);
        return CryptographicOperations.FixedTimeEquals(cookie, token)
            && token.AsSpan().StartsWith(Encoding.ASCII.GetBytes($"{FlowId}."))
            && key.Verifies(token.AsSpan(FlowId.Length + 1), host, Encoding.UTF8.GetBytes(FlowId), Encoding.UTF8.GetBytes(Url));
    }
}

/// <summary>Writes and reads them.</summary>
[JsonSerializable(typeof(LoginState))]
internal sealed partial class LoginStateJson : JsonSerializerContext;
