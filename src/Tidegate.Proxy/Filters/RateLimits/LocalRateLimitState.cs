using XRateLimitOption = Envoy.Config.Route.V3.RateLimit.Types.XRateLimitOption;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>What a local limit remembers of one exchange: the limits that the request has, and which of them decided.</summary>
internal sealed class LocalRateLimitState : IFilterState
{
    private Match[] _matches = new Match[4];
    private int _count;

    /// <summary>The limits of the request's descriptors, those that fill slowest first.</summary>
    public ReadOnlySpan<Match> Matches => _matches.AsSpan(0, _count);

    /// <summary>The bucket that decided; null when none did.</summary>
    public TokenBucket? Decider { get; private set; }

    /// <summary>What the decider's descriptor says about telling its state.</summary>
    public XRateLimitOption Telling { get; private set; }

    /// <summary>Whether the request was refused.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Adds a limit.</summary>
    public void Add(LimitBucket limit, uint hits, XRateLimitOption telling)
    {
        if (_count == _matches.Length)
        {
            Array.Resize(ref _matches, _count * 2);
        }

        int at = _count++;
        for (; at > 0 && _matches[at - 1].Limit.Bucket.TokensPerMs > limit.Bucket.TokensPerMs; at--)
        {
            _matches[at] = _matches[at - 1];
        }

        _matches[at] = new Match(limit, hits, telling);
    }

    /// <summary>One of the descriptors' limits decides.</summary>
    public void DecideBy(in Match match) => (Decider, Telling) = (match.Limit.Bucket, match.Telling);

    /// <summary>The bucket of all requests decides.</summary>
    public void DecideBy(TokenBucket? bucket) => (Decider, Telling) = (bucket, XRateLimitOption.Unspecified);

    /// <inheritdoc/>
    public void Reset()
    {
        _matches.AsSpan(0, _count).Clear();
        _count = 0;
        DecideBy(null);
        IsRefused = false;
    }

    /// <summary>A limit that the request has.</summary>
    /// <param name="Limit">The limit.</param>
    /// <param name="Hits">How many tokens the request takes.</param>
    /// <param name="Telling">What its descriptor says about telling its state.</param>
    public readonly record struct Match(LimitBucket Limit, uint Hits, XRateLimitOption Telling);
}
