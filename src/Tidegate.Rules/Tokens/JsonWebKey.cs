namespace Tidegate.Rules.Tokens;

/// <summary>The kinds of keys that signatures of tokens can be verified with (RFC 7518, section 6; RFC 8037).</summary>
public enum JsonWebKeyKind : byte
{
    /// <summary>RSA: modulus and exponent.</summary>
    Rsa,

    /// <summary>A point on an elliptic curve of NIST.</summary>
    EllipticCurve,

    /// <summary>Ed25519.</summary>
    Edwards,

    /// <summary>A secret that both sides know.</summary>
    Secret,
}

/// <summary>A key as it is written in a key set; its numbers are big-endian. Whether they are a key at all is for the one who uses it to find out.</summary>
public sealed record JsonWebKey
{
    /// <summary>What kind it is of (<c>kty</c>).</summary>
    public JsonWebKeyKind Kind { get; init; }

    /// <summary>Its name (<c>kid</c>); empty for none.</summary>
    public string Id { get; init; } = string.Empty;

    /// <summary>The only algorithm that it is for (<c>alg</c>); empty for all that its kind can be used with.</summary>
    public string Algorithm { get; init; } = string.Empty;

    /// <summary>The curve (<c>crv</c>): <c>P-256</c>, <c>P-384</c>, <c>P-521</c>.</summary>
    public string Curve { get; init; } = string.Empty;

    /// <summary>The modulus of RSA (<c>n</c>), the first coordinate (<c>x</c>), or the secret (<c>k</c>).</summary>
    public byte[] First { get; init; } = [];

    /// <summary>The exponent of RSA (<c>e</c>), or the second coordinate (<c>y</c>).</summary>
    public byte[] Second { get; init; } = [];

    /// <summary>Says nothing of the key itself.</summary>
    public override string ToString() => $"{Kind} {Id}";
}
