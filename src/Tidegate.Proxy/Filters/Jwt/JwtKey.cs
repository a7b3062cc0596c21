using System.Collections.Concurrent;
using System.Security.Cryptography;
using NSec.Cryptography;
using Tidegate.Rules.Tokens;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// A key that signatures are verified with. The framework's keys are for one thread at a time, so each worker has one of its own, made when it first
/// needs it. Safe for all workers.
/// </summary>
internal sealed class JwtKey
{
    // Longer ones cost more than they are worth, and who sends a set decides how long they are.
    private const int MaxRsaBytes = 8192 / 8;

    private readonly JsonWebKey _key;
    private readonly PublicKey? _edwards;
    private readonly ConcurrentDictionary<int, AsymmetricAlgorithm> _ofWorkers = [];

    private JwtKey(JsonWebKey key, PublicKey? edwards)
    {
        _key = key;
        _edwards = edwards;
    }

    /// <summary>Its name; empty for none.</summary>
    public string Id => _key.Id;

    /// <summary>A key of a set; null when its numbers are none.</summary>
    public static JwtKey? TryCreate(JsonWebKey key)
    {
        try
        {
            switch (key.Kind)
            {
                case JsonWebKeyKind.Secret:
                    return new JwtKey(key, null);
                case JsonWebKeyKind.Edwards:
                    return new JwtKey(key, PublicKey.Import(SignatureAlgorithm.Ed25519, key.First, KeyBlobFormat.RawPublicKey));
                case JsonWebKeyKind.Rsa when key.First.Length > MaxRsaBytes:
                    return null;
                default:
                    Import(key).Dispose();
                    return new JwtKey(key, null);
            }
        }
        catch (Exception exception) when (exception is CryptographicException or FormatException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether a token may be signed with it: it has the key's name where both have one, and its algorithm where it is for one alone.</summary>
    public bool IsFor(JwtToken token) =>
        (token.KeyId.Length == 0 || _key.Id.Length == 0 || token.KeyId == _key.Id) && (_key.Algorithm.Length == 0 || _key.Algorithm == token.Algorithm.Name);

    /// <summary>Verifies a signature.</summary>
    /// <param name="token">The token.</param>
    /// <param name="signed">What is signed.</param>
    /// <param name="worker">The worker that asks.</param>
    public JwtStatus Verify(JwtToken token, ReadOnlySpan<byte> signed, int worker)
    {
        JwtAlgorithm algorithm = token.Algorithm;
        bool isKind = algorithm.Kind == _key.Kind && (_key.Kind != JsonWebKeyKind.EllipticCurve || algorithm.Curve == _key.Curve);
        if (_key.Kind == JsonWebKeyKind.Edwards && token.Signature.Length != SignatureAlgorithm.Ed25519.SignatureSize)
        {
            return JwtStatus.EdwardsSignatureLength;
        }

        return isKind && Fits(algorithm, signed, token.Signature, worker) ? JwtStatus.Ok : JwtStatus.BadSignature;
    }

    private static AsymmetricAlgorithm Import(JsonWebKey key) => key.Kind == JsonWebKeyKind.Rsa
        ? RSA.Create(new RSAParameters { Modulus = key.First, Exponent = key.Second })
        : ECDsa.Create(new ECParameters
        {
            Curve = key.Curve switch
            {
                "P-384" => ECCurve.NamedCurves.nistP384,
                "P-521" => ECCurve.NamedCurves.nistP521,
                _ => ECCurve.NamedCurves.nistP256,
            },
            Q = new ECPoint { X = Coordinate(key.First, key.Curve), Y = Coordinate(key.Second, key.Curve) },
        });

    // As long as the curve has it, however it is written.
    private static byte[] Coordinate(byte[] value, string curve)
    {
        int length = curve switch
        {
            "P-384" => 48,
            "P-521" => 66,
            _ => 32,
        };
        ReadOnlySpan<byte> digits = value.AsSpan().TrimStart((byte)0);
        byte[] result = new byte[Math.Max(length, digits.Length)];
        digits.CopyTo(result.AsSpan(result.Length - digits.Length));
        return result;
    }

    private bool Fits(JwtAlgorithm algorithm, ReadOnlySpan<byte> signed, ReadOnlySpan<byte> signature, int worker)
    {
        switch (_key.Kind)
        {
            case JsonWebKeyKind.Rsa:
                var rsa = (RSA)OfWorker(worker);
                return rsa.VerifyData(signed, signature, algorithm.Hash, algorithm.IsPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
            case JsonWebKeyKind.EllipticCurve:
                var curve = (ECDsa)OfWorker(worker);
                return curve.VerifyData(signed, signature, algorithm.Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            case JsonWebKeyKind.Edwards:
                return SignatureAlgorithm.Ed25519.Verify(_edwards!, signed, signature);
            default:
                Span<byte> own = stackalloc byte[64];
                int length = CryptographicOperations.HmacData(algorithm.Hash, _key.First, signed, own);
                return CryptographicOperations.FixedTimeEquals(own[..length], signature);
        }
    }

    private AsymmetricAlgorithm OfWorker(int worker) => _ofWorkers.GetOrAdd(worker, static (_, key) => Import(key), _key);
}
