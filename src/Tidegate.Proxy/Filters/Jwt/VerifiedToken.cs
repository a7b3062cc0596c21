using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>A token that a provider's keys have verified, and what becomes of it; made once for all requests that carry it. Immutable.</summary>
internal sealed class VerifiedToken
{
    /// <summary>Under which name the filter notes what it knows.</summary>
    public const string MetadataName = "envoy.filters.http.jwt_authn";

    // A list or an object is written as it is in the token.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[] _payloadField;
    private readonly byte[][] _claimFields;
    private readonly MetadataValue? _payload;

    /// <param name="token">The token.</param>
    /// <param name="provider">Whose it is.</param>
    /// <param name="keys">The keys that have verified it.</param>
    public VerifiedToken(JwtToken token, JwtProvider provider, JwtKeySet keys)
    {
        Token = token;
        Provider = provider;
        Keys = keys;
        _payloadField = provider.PayloadHeader.Length == 0 ? [] : PayloadField(token.PayloadText, provider.PadsPayload);
        _claimFields = Array.ConvertAll(provider.ClaimHeaders, claim => TextOf(token.Payload.Find(claim.Claim)));
        _payload = provider.PayloadKey.Length == 0 ? null : WithLists(token.Payload, provider.ListClaims);
    }

    /// <summary>The token.</summary>
    public JwtToken Token { get; }

    /// <summary>Whose it is.</summary>
    public JwtProvider Provider { get; }

    /// <summary>The keys that have verified it.</summary>
    public JwtKeySet Keys { get; }

    /// <summary>Writes what the provider wants of it into the request's fields. A value that is none of a field is left out.</summary>
    public void AddFields(HeaderMap headers)
    {
        if (_payloadField.Length > 0)
        {
            headers.Add(Provider.PayloadHeader, _payloadField);
        }

        for (int i = 0; i < _claimFields.Length; i++)
        {
            if (_claimFields[i].Length > 0)
            {
                headers.Add(Provider.ClaimHeaders[i].Header, _claimFields[i]);
            }
        }
    }

    /// <summary>Notes what the provider wants to be known of it.</summary>
    public void Note(DynamicMetadata metadata)
    {
        if (_payload is not null)
        {
            metadata.Set(MetadataName, Provider.PayloadKey, _payload);
        }

        if (Provider.HeaderKey.Length > 0)
        {
            metadata.Set(MetadataName, Provider.HeaderKey, Token.Header);
        }
    }

    private static byte[] PayloadField(byte[] payload, bool isPadded) =>
        isPadded ? [.. payload, .. "==="u8[..((4 - (payload.Length % 4)) % 4)]] : payload;

    private static MetadataValue WithLists(MetadataValue payload, string[] names)
    {
        Dictionary<string, MetadataValue>? changed = null;
        foreach (string name in names)
        {
            if (payload.Members.GetValueOrDefault(name) is { Kind: MetadataKind.Text } text)
            {
                changed ??= new Dictionary<string, MetadataValue>(payload.Members, StringComparer.Ordinal);
                string[] words = Encoding.UTF8.GetString(text.Text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                changed[name] = MetadataValue.Of(Array.ConvertAll(words, MetadataValue.Of));
            }
        }

        return changed is null ? payload : MetadataValue.Of(changed);
    }

    // As Envoy writes them (security-envoy.md 8); empty for what gets no field.
    private static byte[] TextOf(MetadataValue? claim) => claim?.Kind switch
    {
        MetadataKind.Text => claim.Text.ToArray(),
        MetadataKind.Boolean => claim.Boolean ? "true"u8.ToArray() : "false"u8.ToArray(),
        MetadataKind.Number when claim.Number is >= 0 and < ulong.MaxValue && Math.Truncate(claim.Number) == claim.Number =>
            Encoding.ASCII.GetBytes(((ulong)claim.Number).ToString(CultureInfo.InvariantCulture)),
        MetadataKind.Number => Encoding.ASCII.GetBytes(claim.Number.ToString("F6", CultureInfo.InvariantCulture)),
        MetadataKind.Struct or MetadataKind.List => Encoding.ASCII.GetBytes(Convert.ToBase64String(JsonOf(claim))),
        _ => [],
    };

    private static byte[] JsonOf(MetadataValue claim)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            claim.WriteTo(json);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
