using System.Text.Json;
using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// A token that could be read (RFC 7519); nothing of it is verified yet. What is refused, in which order and words, is Envoy's, but for what the header
/// demands (<c>crit</c>). Immutable.
/// </summary>
internal sealed class JwtToken
{
    // Deeper than any claims that mean something; as deep as protobuf reads.
    private const int MaxDepth = 100;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    private JwtToken()
    {
    }

    /// <summary>How its signature was made.</summary>
    public JwtAlgorithm Algorithm { get; private init; } = null!;

    /// <summary>The name of its key; empty for none.</summary>
    public string KeyId { get; private init; } = string.Empty;

    /// <summary>Who has issued it; empty for nobody.</summary>
    public string Issuer { get; private init; } = string.Empty;

    /// <summary>Whom it is about; empty for nobody.</summary>
    public ReadOnlySpan<byte> Subject => Payload.Members.TryGetValue("sub", out MetadataValue? subject) ? subject.Text : default;

    /// <summary>For whom it is, as <see cref="JwtAudiences.Sanitize"/> has it.</summary>
    public string[] Audiences { get; private init; } = [];

    /// <summary>Until when it is good, in seconds since 1970; null for ever.</summary>
    public ulong? Expiry { get; private init; }

    /// <summary>From when on it is good; 0 from ever.</summary>
    public ulong NotBefore { get; private init; }

    /// <summary>Its header.</summary>
    public MetadataValue Header { get; private init; } = MetadataValue.Null;

    /// <summary>Its claims.</summary>
    public MetadataValue Payload { get; private init; } = MetadataValue.Null;

    /// <summary>Its payload as it is written in the token.</summary>
    public byte[] PayloadText { get; private init; } = [];

    /// <summary>Its signature.</summary>
    public byte[] Signature { get; private init; } = [];

    /// <summary>How many of its bytes are signed.</summary>
    public int SignedLength { get; private init; }

    /// <summary>Reads a token.</summary>
    public static JwtStatus Parse(ReadOnlySpan<byte> text, out JwtToken token)
    {
        token = null!;
        int first = text.IndexOf((byte)'.');
        int second = first < 0 ? -1 : text[(first + 1)..].IndexOf((byte)'.') + first + 1;
        if (first <= 0 || second <= first + 1 || second == text.Length - 1 || text[(second + 1)..].Contains((byte)'.'))
        {
            return JwtStatus.BadForm;
        }

        // 1. The header.
        if (JwtBase64.Decode(text[..first]) is not { } headerBytes)
        {
            return JwtStatus.HeaderBadBase64;
        }

        if (ReadObject(headerBytes) is not { } header)
        {
            return JwtStatus.HeaderBadJson;
        }

        if (header.Members.GetValueOrDefault("alg") is not { Kind: MetadataKind.Text } algorithmName)
        {
            return JwtStatus.HeaderBadAlgorithm;
        }

        if (JwtAlgorithm.Find(TextOf(algorithmName)) is not { } algorithm)
        {
            return JwtStatus.HeaderUnsupportedAlgorithm;
        }

        if (!TryGetText(header, "kid", out string keyId))
        {
            return JwtStatus.HeaderBadKeyId;
        }

        // No extension is known here, and who names one wants the token refused by those who do not know it.
        if (header.Members.ContainsKey("crit"))
        {
            return JwtStatus.HeaderUnknownExtension;
        }

        // 2. The payload.
        ReadOnlySpan<byte> payloadText = text[(first + 1)..second];
        if (JwtBase64.Decode(payloadText) is not { } payloadBytes)
        {
            return JwtStatus.PayloadBadBase64;
        }

        if (ReadObject(payloadBytes) is not { } payload)
        {
            return JwtStatus.PayloadBadJson;
        }

        JwtStatus status = ReadClaims(payload, out string issuer, out ulong notBefore, out ulong? expiry, out string[] audiences);
        if (status != JwtStatus.Ok)
        {
            return status;
        }

        // 3. The signature.
        if (JwtBase64.Decode(text[(second + 1)..]) is not { } signature)
        {
            return JwtStatus.SignatureBadBase64;
        }

        token = new JwtToken
        {
            Algorithm = algorithm,
            KeyId = keyId,
            Issuer = issuer,
            Audiences = Array.ConvertAll(audiences, JwtAudiences.Sanitize),
            Expiry = expiry,
            NotBefore = notBefore,
            Header = header,
            Payload = payload,
            PayloadText = payloadText.ToArray(),
            Signature = signature,
            SignedLength = second,
        };
        return JwtStatus.Ok;
    }

    /// <summary>Whether it is good at a time. One that expires at 0 has expired.</summary>
    public JwtStatus CheckTime(ulong nowSeconds, ulong skewSeconds) =>
        nowSeconds + skewSeconds < NotBefore ? JwtStatus.NotYetValid
        : Expiry is { } expiry && nowSeconds > expiry && nowSeconds - expiry > skewSeconds ? JwtStatus.Expired
        : JwtStatus.Ok;

    private static JwtStatus ReadClaims(MetadataValue payload, out string issuer, out ulong notBefore, out ulong? expiry, out string[] audiences)
    {
        notBefore = 0;
        expiry = null;
        audiences = [];
        if (!TryGetText(payload, "iss", out issuer))
        {
            return JwtStatus.IssuerNoText;
        }

        if (!TryGetText(payload, "sub", out _))
        {
            return JwtStatus.SubjectNoText;
        }

        if (ReadTime(payload, "iat", out _) is var issued and not JwtStatus.Ok)
        {
            return issued == JwtStatus.ExpiryNoInteger ? JwtStatus.IssuedNoInteger : JwtStatus.IssuedOutOfRange;
        }

        if (ReadTime(payload, "nbf", out ulong? begin) is var began and not JwtStatus.Ok)
        {
            return began == JwtStatus.ExpiryNoInteger ? JwtStatus.NotBeforeNoInteger : JwtStatus.NotBeforeOutOfRange;
        }

        notBefore = begin ?? 0;
        if (ReadTime(payload, "exp", out expiry) is var ended and not JwtStatus.Ok)
        {
            return ended;
        }

        if (!TryGetText(payload, "jti", out _))
        {
            return JwtStatus.IdNoText;
        }

        switch (payload.Members.GetValueOrDefault("aud"))
        {
            case null:
                return JwtStatus.Ok;
            case { Kind: MetadataKind.Text } one:
                audiences = [TextOf(one)];
                return JwtStatus.Ok;
            case { Kind: MetadataKind.List } several when Array.TrueForAll(several.Items, static item => item.Kind == MetadataKind.Text):
                audiences = Array.ConvertAll(several.Items, TextOf);
                return JwtStatus.Ok;
            default:
                return JwtStatus.AudienceNoText;
        }
    }

    // A fraction is cut.
    private static JwtStatus ReadTime(MetadataValue payload, string name, out ulong? seconds)
    {
        seconds = null;
        switch (payload.Members.GetValueOrDefault(name))
        {
            case null:
                return JwtStatus.Ok;
            case { Kind: MetadataKind.Number, Number: >= 0 and < ulong.MaxValue } number:
                seconds = (ulong)number.Number;
                return JwtStatus.Ok;
            case { Kind: MetadataKind.Number }:
                return JwtStatus.ExpiryOutOfRange;
            default:
                return JwtStatus.ExpiryNoInteger;
        }
    }

    // False when it is there and is no text.
    private static bool TryGetText(MetadataValue value, string name, out string text)
    {
        text = string.Empty;
        if (!value.Members.TryGetValue(name, out MetadataValue? member))
        {
            return true;
        }

        text = member.Kind == MetadataKind.Text ? TextOf(member) : string.Empty;
        return member.Kind == MetadataKind.Text;
    }

    private static string TextOf(MetadataValue value) => System.Text.Encoding.UTF8.GetString(value.Text);

    private static MetadataValue? ReadObject(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? MetadataValue.Of(document.RootElement) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            return null; // the others: half a surrogate pair, and a number that no double holds
        }
    }
}
