using System.Security.Cryptography;
using Tidegate.Rules.Tokens;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>An algorithm of signatures (RFC 7518, section 3.1; RFC 8037), and which keys it goes with.</summary>
/// <param name="Name">Its name, whose case counts.</param>
/// <param name="Kind">Which kind of keys it is for.</param>
/// <param name="Hash">What is signed is a hash by this.</param>
/// <param name="Curve">The curve of its keys; empty for those without.</param>
/// <param name="IsPss">Whether the padding of RSA is PSS.</param>
internal sealed record JwtAlgorithm(string Name, JsonWebKeyKind Kind, HashAlgorithmName Hash, string Curve = "", bool IsPss = false)
{
    private static readonly JwtAlgorithm[] All =
    [
        new("RS256", JsonWebKeyKind.Rsa, HashAlgorithmName.SHA256),
        new("ES256", JsonWebKeyKind.EllipticCurve, HashAlgorithmName.SHA256, "P-256"),
        new("HS256", JsonWebKeyKind.Secret, HashAlgorithmName.SHA256),
        new("PS256", JsonWebKeyKind.Rsa, HashAlgorithmName.SHA256, IsPss: true),
        new("EdDSA", JsonWebKeyKind.Edwards, HashAlgorithmName.SHA512, "Ed25519"),
        new("RS384", JsonWebKeyKind.Rsa, HashAlgorithmName.SHA384),
        new("RS512", JsonWebKeyKind.Rsa, HashAlgorithmName.SHA512),
        new("ES384", JsonWebKeyKind.EllipticCurve, HashAlgorithmName.SHA384, "P-384"),
        new("ES512", JsonWebKeyKind.EllipticCurve, HashAlgorithmName.SHA512, "P-521"),
        new("HS384", JsonWebKeyKind.Secret, HashAlgorithmName.SHA384),
        new("HS512", JsonWebKeyKind.Secret, HashAlgorithmName.SHA512),
        new("PS384", JsonWebKeyKind.Rsa, HashAlgorithmName.SHA384, IsPss: true),
        new("PS512", JsonWebKeyKind.Rsa, HashAlgorithmName.SHA512, IsPss: true),
    ];

    /// <summary>The algorithm of that name; null when it is none that can be verified.</summary>
    public static JwtAlgorithm? Find(string name) => Array.Find(All, algorithm => algorithm.Name == name);
}
