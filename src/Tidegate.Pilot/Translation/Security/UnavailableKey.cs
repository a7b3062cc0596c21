using System.Buffers.Text;
using System.Security.Cryptography;

namespace Tidegate.Pilot.Translation.Security;

/// <summary>
/// What stands for keys that cannot be had: a key of which nobody has the private half, made anew by each process. Every token that it is to verify is bad,
/// and everything else goes on (istio-gateway.md 7.2).
/// </summary>
internal static class UnavailableKey
{
    private static readonly Lazy<string> Made = new(Make);

    /// <summary>A key set with that key.</summary>
    public static string KeySet => Made.Value;

    private static string Make()
    {
        using var key = RSA.Create(2048);
        RSAParameters known = key.ExportParameters(includePrivateParameters: false);
        return $$"""{"keys":[{"kty":"RSA","e":"{{Base64Url.EncodeToString(known.Exponent)}}","n":"{{Base64Url.EncodeToString(known.Modulus)}}"}]}""";
    }
}
