using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;

namespace Tidegate.Proxy.Tests.Filters.Jwt;

/// <summary>Somebody who issues tokens, with a key of each kind.</summary>
internal sealed class TestIssuer : IDisposable
{
    private readonly RSA _rsa = RSA.Create(2048);
    private readonly ECDsa _p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    private readonly ECDsa _p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(64);
    private readonly Key _edwards = Key.Create(SignatureAlgorithm.Ed25519, new KeyCreationParameters { ExportPolicy = KeyExportPolicies.AllowPlaintextExport });

    /// <summary>A key set with all keys, named by their kinds.</summary>
    public string KeySet => $$"""{"keys": [{{RsaKey("r")}}, {{EcKey("e2", "P-256", _p256)}}, {{EcKey("e3", "P-384", _p384)}}, {{EcKey("e5", "P-521", _p521)}}, {{OtherKeys}}]}""";

    /// <summary>A key set with its key of RSA alone.</summary>
    public string RsaKeySet(string id = "r") => $$"""{"keys": [{{RsaKey(id)}}]}""";

    /// <summary>A token.</summary>
    /// <param name="payload">Its payload, as JSON without the braces.</param>
    /// <param name="header">The same of its header.</param>
    /// <param name="algorithm">How it is signed; empty for not at all.</param>
    public string Token(string payload, string header = "\"alg\":\"RS256\",\"kid\":\"r\"", string algorithm = "RS256") =>
        Sign($"{Encode($"{{{header}}}")}.{Encode($"{{{payload}}}")}", algorithm);

    /// <summary>A token of two parts that are written already.</summary>
    public string Sign(string signed, string algorithm = "RS256")
    {
        byte[] bytes = Encoding.UTF8.GetBytes(signed);
        byte[] signature = algorithm switch
        {
            "RS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
            "RS384" => _rsa.SignData(bytes, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
            "RS512" => _rsa.SignData(bytes, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
            "PS256" => _rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            "PS384" => _rsa.SignData(bytes, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            "PS512" => _rsa.SignData(bytes, HashAlgorithmName.SHA512, RSASignaturePadding.Pss),
            "ES256" => _p256.SignData(bytes, HashAlgorithmName.SHA256),
            "ES384" => _p384.SignData(bytes, HashAlgorithmName.SHA384),
            "ES512" => _p521.SignData(bytes, HashAlgorithmName.SHA512),
            "HS256" => HMACSHA256.HashData(_secret, bytes),
            "HS384" => HMACSHA384.HashData(_secret, bytes),
            "HS512" => HMACSHA512.HashData(_secret, bytes),
            "EdDSA" => SignatureAlgorithm.Ed25519.Sign(_edwards, bytes),
            _ => [],
        };
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>A part of a token.</summary>
    public static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <inheritdoc/>
    public void Dispose()
    {
        _rsa.Dispose();
        _p256.Dispose();
        _p384.Dispose();
        _p521.Dispose();
        _edwards.Dispose();
    }

    private string OtherKeys =>
        $$"""
        {"kty": "oct", "kid": "h", "k": "{{Base64Url.EncodeToString(_secret)}}"},
        {"kty": "OKP", "kid": "o", "crv": "Ed25519", "x": "{{Base64Url.EncodeToString(_edwards.PublicKey.Export(KeyBlobFormat.RawPublicKey))}}"}
        """;

    private string RsaKey(string id)
    {
        RSAParameters key = _rsa.ExportParameters(false);
        return $$"""{"kty": "RSA", "kid": "{{id}}", "n": "{{Base64Url.EncodeToString(key.Modulus)}}", "e": "{{Base64Url.EncodeToString(key.Exponent)}}"}""";
    }

    private static string EcKey(string id, string curve, ECDsa pair)
    {
        ECParameters key = pair.ExportParameters(false);
        return $$"""{"kty": "EC", "kid": "{{id}}", "crv": "{{curve}}", "x": "{{Base64Url.EncodeToString(key.Q.X)}}", "y": "{{Base64Url.EncodeToString(key.Q.Y)}}"}""";
    }
}
