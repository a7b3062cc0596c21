using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>
/// The check of one request's tokens. It decides without changing the request; what has to be fetched for it first is <see cref="Awaited"/>, and then it is made
/// once more. Used again for other requests of the stream.
/// </summary>
internal sealed class JwtCheck : IFilterState
{
    private readonly FoundTokens _found = new();
    private readonly List<(JwtProvider Provider, ContentDigest Digest, JwtStatus Status, VerifiedToken? Token)> _known = [];
    private readonly List<(VerifiedToken Token, JwtPlace Place)> _verified = [];
    private readonly List<JwtKeySource> _fetched = [];
    private JwtProvider[] _providers = [];
    private VerifiedTokenCache? _cache;
    private FilterRun? _run;
    private JwtCheck? _earlier;
    private JwtStats _stats = new();
    private ulong _nowSeconds;

    /// <summary>The keys that have to be fetched before there is a decision; null when there is one.</summary>
    public JwtKeySource? Awaited { get; private set; }

    /// <summary>How many tokens count so far.</summary>
    public int VerifiedCount => _verified.Count;

    /// <summary>Begins with a request.</summary>
    /// <param name="run">The request's way through its filters.</param>
    /// <param name="providers">All providers.</param>
    /// <param name="stats">Where it counts.</param>
    public void Begin(FilterRun run, JwtProvider[] providers, JwtStats stats)
    {
        _run = run;
        _earlier = run.EarlierStateOf<JwtCheck>();
        _stats = stats;
        _providers = providers;
        _nowSeconds = (ulong)(run.Worker.UtcTicks - DateTime.UnixEpoch.Ticks) / (ulong)TimeSpan.TicksPerSecond;
        _cache ??= run.Services.Shared(static () => new VerifiedTokenCaches()).Of(run.Worker.Index, run.Worker.Options.MaxCachedTokensPerWorker);
    }

    /// <summary>Fetches what is awaited, and begins anew.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask FetchAsync()
    {
        JwtKeySource source = Awaited!;
        Awaited = null;
        _found.Clear();
        _known.Clear();
        _verified.Clear();
        _fetched.Add(source);
        await source.FetchAsync(_run!);
    }

    /// <summary>A token that counts, and where it was; those that count more come later.</summary>
    public (VerifiedToken Token, JwtPlace Place) VerifiedAt(int index) => _verified[index];

    /// <summary>Of those that counted, only the first <paramref name="count"/> still do.</summary>
    public void ForgetVerified(int count) => _verified.RemoveRange(count, _verified.Count - count);

    /// <summary>Verifies all tokens at some places, from the last to the first.</summary>
    /// <param name="places">The places.</param>
    /// <param name="provider">Whose tokens they have to be; null for that of the token's issuer.</param>
    /// <param name="audiences">Whom they may be for; null for what the provider says.</param>
    /// <param name="allowsFailed">Whether bad ones are passed over.</param>
    public JwtStatus Verify(JwtPlace[] places, JwtProvider? provider, JwtAudiences? audiences, bool allowsFailed)
    {
        int first = _found.Count;
        foreach (JwtPlace place in places)
        {
            int before = _found.Count;
            place.Location.Find(_run!.Exchange.Request, _found, place);
            if (_found.Count == before && _earlier is not null)
            {
                _found.AddFrom(_earlier._found, place); // good there, and so taken out of the request
            }
        }

        if (_found.Count == first)
        {
            return JwtStatus.Missing;
        }

        for (int i = _found.Count - 1; i >= first; i--)
        {
            JwtStatus status = Verify(i, provider, audiences);
            if (status != JwtStatus.Ok && (!allowsFailed || Awaited is not null))
            {
                return status;
            }
        }

        return JwtStatus.Ok;
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _found.Clear();
        _known.Clear();
        _verified.Clear();
        _fetched.Clear();
        _providers = [];
        _run = null;
        _earlier = null;
        Awaited = null;
    }

    private JwtStatus Verify(int index, JwtProvider? provider, JwtAudiences? audiences)
    {
        // 1. Whose it is.
        ContentDigest digest = _found.DigestOf(index);
        VerifiedToken? verified = provider is null ? null : _cache!.Find(digest, provider);
        JwtToken? token = verified?.Token ?? _cache!.FindRead(digest);
        if (token is null)
        {
            if (provider is not null && FindKnown(provider, digest) is { Status: not JwtStatus.Ok } before)
            {
                return before.Status;
            }

            JwtStatus read = JwtToken.Parse(_found.TextOf(index), out JwtToken parsed);
            if (read != JwtStatus.Ok)
            {
                return provider is null ? read : Know(provider, digest, read);
            }

            token = parsed;
        }

        JwtPlace place = _found.PlaceOf(index);
        provider ??= ProviderOf(token.Issuer);
        if (provider is null || !place.Allows(token.Issuer))
        {
            return JwtStatus.UnknownIssuer;
        }

        verified ??= _cache!.Find(digest, provider);

        // 2. Whether it is good, here and now.
        JwtStatus status = CheckClaims(token, provider, audiences ?? provider.Audiences);
        if (status == JwtStatus.Expired)
        {
            _cache!.Remove(digest);
        }

        if (status != JwtStatus.Ok)
        {
            return status;
        }

        // 3. Whether it is its issuer's.
        status = CheckSignature(index, digest, token, provider, ref verified);
        if (status == JwtStatus.Ok)
        {
            _verified.Add((verified!, place));
        }

        return status;
    }

    private JwtStatus CheckClaims(JwtToken token, JwtProvider provider, JwtAudiences audiences)
    {
        JwtStatus status = token.CheckTime(_nowSeconds, provider.SkewSeconds);
        if (status != JwtStatus.Ok)
        {
            return status;
        }

        if (!audiences.Allow(token.Audiences))
        {
            return JwtStatus.AudienceNotAllowed;
        }

        bool isSubject = provider.Subjects is not { } subjects || subjects.Matches(token.Subject);
        bool isLimited = (!provider.RequiresExpiry && provider.MaxLifetimeSeconds is null) || token.Expiry is not null;
        bool isShort = provider.MaxLifetimeSeconds is not { } most || (token.Expiry is { } expiry && (expiry <= _nowSeconds || expiry - _nowSeconds <= most));
        return isSubject && isLimited && isShort ? JwtStatus.Ok : JwtStatus.BadSignature;
    }

    private JwtStatus CheckSignature(int index, in ContentDigest digest, JwtToken token, JwtProvider provider, ref VerifiedToken? verified)
    {
        JwtKeySource source = provider.Keys;
        if (source.HasToFetch(_run!) && !_fetched.Contains(source))
        {
            Awaited = source;
            return source.WithoutKeys;
        }

        if (source.Current is not { } keys)
        {
            return source.WithoutKeys;
        }

        verified ??= FindKnown(provider, digest)?.Token;
        if (verified is not null && verified.Keys == keys)
        {
            _stats.CacheHits++;
            return JwtStatus.Ok;
        }

        if (FindKnown(provider, digest) is { } before)
        {
            return before.Status;
        }

        _stats.CacheMisses++;
        JwtStatus status = keys.Verify(token, _found.TextOf(index), _run!.Worker.Index);
        if (status == JwtStatus.NoKey && source.MayHaveOthers(_run) && !_fetched.Contains(source))
        {
            Awaited = source;
            return status;
        }

        if (status == JwtStatus.Ok)
        {
            verified = new VerifiedToken(token, provider, keys);
            _cache!.Add(digest, verified);
        }

        return Know(provider, digest, status, verified);
    }

    // The first of that issuer, or else the first that takes any.
    private JwtProvider? ProviderOf(string issuer)
    {
        JwtProvider? open = null;
        foreach (JwtProvider provider in _providers)
        {
            if (provider.Issuer == issuer)
            {
                return provider;
            }

            open ??= provider.Issuer.Length == 0 ? provider : null;
        }

        return open;
    }

    private (JwtStatus Status, VerifiedToken? Token)? FindKnown(JwtProvider provider, in ContentDigest digest)
    {
        foreach ((JwtProvider known, ContentDigest knownDigest, JwtStatus status, VerifiedToken? token) in _known)
        {
            if (known == provider && knownDigest == digest)
            {
                return (status, token);
            }
        }

        return null;
    }

    private JwtStatus Know(JwtProvider provider, in ContentDigest digest, JwtStatus status, VerifiedToken? token = null)
    {
        _known.Add((provider, digest, status, token));
        return status;
    }
}

/// <summary>The caches of all workers.</summary>
internal sealed class VerifiedTokenCaches
{
    private readonly ConcurrentDictionary<int, VerifiedTokenCache> _caches = [];

    /// <summary>That of a worker.</summary>
    public VerifiedTokenCache Of(int worker, int capacity) => _caches.GetOrAdd(worker, static (_, size) => new VerifiedTokenCache(size), capacity);
}
