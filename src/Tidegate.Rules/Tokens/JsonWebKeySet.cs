using System.Buffers.Text;
using System.Text.Json;

namespace Tidegate.Rules.Tokens;

/// <summary>A set of keys (RFC 7517, section 5). Keys of it that cannot be read, or are not for signatures of tokens, are passed over, as Envoy does.</summary>
/// <param name="Keys">The keys that can be read; one at least.</param>
/// <param name="PrivateKeys">At which places of the set there are private keys, which do not belong there.</param>
public sealed record JsonWebKeySet(IReadOnlyList<JsonWebKey> Keys, IReadOnlyList<int> PrivateKeys)
{
    private static readonly string[] Curves = ["P-256", "P-384", "P-521"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads a set; null when it is none or no key of it can be used, with what is wrong. Nothing of the keys is in that.</summary>
    public static JsonWebKeySet? TryParse(ReadOnlyMemory<byte> json, out string problem)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            return Read(document.RootElement, out problem);
        }
        catch (JsonException)
        {
            problem = "is not JSON";
            return null;
        }
    }

    private static JsonWebKeySet? Read(JsonElement root, out string problem)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("keys", out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            problem = "has no list \"keys\"";
            return null;
        }

        List<JsonWebKey> keys = [];
        List<int> privateKeys = [];
        int index = 0;
        foreach (JsonElement item in list.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && ReadKey(item) is { } key)
            {
                keys.Add(key);
                if (key.Kind != JsonWebKeyKind.Secret && item.TryGetProperty("d", out _))
                {
                    privateKeys.Add(index);
                }
            }

            index++;
        }

        problem = index == 0 ? "has no keys" : "has no key that can be used";
        return keys.Count == 0 ? null : new JsonWebKeySet(keys, privateKeys);
    }

    private static JsonWebKey? ReadKey(JsonElement item)
    {
        if (!TryGetText(item, "kid", out string? id) || !TryGetText(item, "alg", out string? algorithm) || !TryGetText(item, "crv", out string? curve))
        {
            return null;
        }

        TryGetText(item, "kty", out string? kind);
        var key = new JsonWebKey { Id = id ?? string.Empty, Algorithm = algorithm ?? string.Empty, Curve = curve ?? string.Empty };
        return kind switch
        {
            "RSA" when Number(item, "n") is { } modulus && Number(item, "e") is { } exponent => key with { Kind = JsonWebKeyKind.Rsa, First = modulus, Second = exponent },
            "EC" when Curves.Contains(curve ?? CurveOf(algorithm)) && Number(item, "x") is { } x && Number(item, "y") is { } y =>
                key with { Kind = JsonWebKeyKind.EllipticCurve, Curve = curve ?? CurveOf(algorithm), First = x, Second = y },
            "OKP" when curve == "Ed25519" && Number(item, "x") is { Length: 32 } x => key with { Kind = JsonWebKeyKind.Edwards, First = x },
            "oct" when Number(item, "k") is { } secret => key with { Kind = JsonWebKeyKind.Secret, First = secret },
            _ => null,
        };
    }

    private static string CurveOf(string? algorithm) => algorithm switch
    {
        "ES384" => "P-384",
        "ES512" => "P-521",
        _ => "P-256",
    };

    // False when it is there and is no text.
    private static bool TryGetText(JsonElement item, string name, out string? text)
    {
        text = null;
        if (!item.TryGetProperty(name, out JsonElement value))
        {
            return true;
        }

        text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }

    private static byte[]? Number(JsonElement item, string name)
    {
        if (!TryGetText(item, name, out string? text) || string.IsNullOrEmpty(text) || !Base64Url.IsValid(text, out int length) || length == 0)
        {
            return null;
        }

        return Base64Url.DecodeFromChars(text);
    }
}
