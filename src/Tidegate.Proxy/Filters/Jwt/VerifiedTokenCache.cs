namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// Tokens that were verified not long ago, so that a client's next request costs a digest and no signature. What is kept is found by the token's digest;
/// issuer and signature are what was verified, everything else is looked at with each request. Of fixed size; owned by one worker.
/// </summary>
internal sealed class VerifiedTokenCache
{
    // A token's entry is one of as many; the others are other tokens', or other providers'.
    private const int Ways = 4;

    // Longer tokens are verified each time: they would take the place of many.
    private const int MaxTokenBytes = 8 * 1024;

    private readonly Entry[] _entries;
    private readonly int _setMask;
    private uint _turn;

    /// <param name="capacity">How many tokens are kept at most.</param>
    public VerifiedTokenCache(int capacity)
    {
        int sets = capacity < Ways ? 0 : 1 << int.Log2(capacity / Ways);
        _entries = new Entry[sets * Ways];
        _setMask = sets - 1;
    }

    /// <summary>A token that a provider has taken before; null when it is not known.</summary>
    public VerifiedToken? Find(in JwtDigest digest, JwtProvider provider)
    {
        foreach (ref readonly Entry entry in SetOf(digest))
        {
            if (entry.Digest == digest && entry.Token is { } token && token.Provider == provider)
            {
                return token;
            }
        }

        return null;
    }

    /// <summary>A token that was read before, whoever took it; null when it is not known.</summary>
    public JwtToken? FindRead(in JwtDigest digest)
    {
        foreach (ref readonly Entry entry in SetOf(digest))
        {
            if (entry.Digest == digest && entry.Token is { } token)
            {
                return token.Token;
            }
        }

        return null;
    }

    /// <summary>Keeps a token, in the place of another where there is no room.</summary>
    public void Add(in JwtDigest digest, VerifiedToken token)
    {
        Span<Entry> set = SetOf(digest);
        if (set.IsEmpty || token.Token.SignedLength > MaxTokenBytes)
        {
            return;
        }

        int place = -1;
        for (int i = 0; i < set.Length; i++)
        {
            if (set[i].Token is not { } other)
            {
                place = place < 0 ? i : place;
            }
            else if (set[i].Digest == digest && other.Provider == token.Provider)
            {
                place = i;
                break;
            }
        }

        set[place >= 0 ? place : (int)(_turn++ % Ways)] = new Entry(digest, token);
    }

    /// <summary>Forgets a token: it has expired.</summary>
    public void Remove(in JwtDigest digest)
    {
        foreach (ref Entry entry in SetOf(digest))
        {
            if (entry.Digest == digest)
            {
                entry = default;
            }
        }
    }

    private Span<Entry> SetOf(in JwtDigest digest) =>
        _entries.Length == 0 ? default : _entries.AsSpan(((int)(uint)digest.Low & _setMask) * Ways, Ways);

    private readonly record struct Entry(JwtDigest Digest, VerifiedToken? Token);
}
