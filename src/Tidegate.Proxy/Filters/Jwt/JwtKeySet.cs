using Tidegate.Rules.Tokens;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>The keys of an issuer. Immutable; equal only to itself.</summary>
internal sealed class JwtKeySet
{
    private readonly JwtKey[] _keys;

    private JwtKeySet(JwtKey[] keys) => _keys = keys;

    /// <summary>Reads a set; null when it is none or no key of it can be used, with what is wrong.</summary>
    public static JwtKeySet? TryParse(ReadOnlyMemory<byte> json, out string problem)
    {
        if (JsonWebKeySet.TryParse(json, out problem) is not { } set)
        {
            return null;
        }

        JwtKey[] keys = [.. set.Keys.Select(JwtKey.TryCreate).OfType<JwtKey>()];
        problem = keys.Length == 0 ? "has no key that can be used" : string.Empty;
        return keys.Length == 0 ? null : new JwtKeySet(keys);
    }

    /// <summary>Verifies a token with the keys that it may be signed with.</summary>
    /// <param name="token">The token.</param>
    /// <param name="text">The token as it came.</param>
    /// <param name="worker">The worker that asks.</param>
    public JwtStatus Verify(JwtToken token, ReadOnlySpan<byte> text, int worker)
    {
        var status = JwtStatus.NoKey;
        foreach (JwtKey key in _keys)
        {
            if (!key.IsFor(token))
            {
                continue;
            }

            status = key.Verify(token, text[..token.SignedLength], worker);
            if (status is JwtStatus.Ok or JwtStatus.EdwardsSignatureLength)
            {
                return status;
            }
        }

        return status;
    }
}
