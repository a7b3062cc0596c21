namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// Tokens that were verified not long ago, so that a client's next request costs a digest and no signature. What is kept is found by the token's digest;
/// issuer and signature are what was verified, everything else is looked at with each request. Of fixed size; owned by one worker.
/// </summary>
/// <param name="capacity">How many tokens are kept at most.</param>
internal sealed class VerifiedTokenCache(int capacity)
{
    // Longer tokens are verified each time: they would take the place of many.
    private const int MaxTokenBytes = 8 * 1024;

    private readonly DigestCache<VerifiedToken> _tokens = new(capacity);

    /// <summary>A token that a provider has taken before; null when it is not known.</summary>
    public VerifiedToken? Find(in ContentDigest digest, JwtProvider provider) => _tokens.Find(digest, provider, static (token, of) => token.Provider == of);

    /// <summary>A token that was read before, whoever took it; null when it is not known.</summary>
    public JwtToken? FindRead(in ContentDigest digest) => _tokens.Find(digest, 0, static (_, _) => true)?.Token;

    /// <summary>Keeps a token, in the place of another where there is no room.</summary>
    public void Add(in ContentDigest digest, VerifiedToken token)
    {
        if (token.Token.SignedLength <= MaxTokenBytes)
        {
            _tokens.Add(digest, token, static (other, added) => other.Provider == added.Provider);
        }
    }

    /// <summary>Forgets a token: it has expired.</summary>
    public void Remove(in ContentDigest digest) => _tokens.Remove(digest);
}
