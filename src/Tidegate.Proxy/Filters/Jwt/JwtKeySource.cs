namespace Tidegate.Proxy.Filters.Jwt;

/// <summary>Where the keys of a provider are from.</summary>
internal abstract class JwtKeySource
{
    /// <summary>The keys as they are known; null when there are none.</summary>
    public abstract JwtKeySet? Current { get; }

    /// <summary>What tokens are refused with where there are none.</summary>
    public abstract JwtStatus WithoutKeys { get; }

    /// <summary>Whether they have to be fetched before they may be used.</summary>
    public virtual bool HasToFetch(FilterRun run) => false;

    /// <summary>Whether there may be others by now than those that do not have a token's key.</summary>
    public virtual bool MayHaveOthers(FilterRun run) => false;

    /// <summary>Fetches them, and waits for that; others who need them wait for the same.</summary>
    public virtual ValueTask FetchAsync(FilterRun run) => default;
}

/// <summary>Keys that are in the configuration.</summary>
/// <param name="keys">The keys; null for those of a provider whose keys cannot be read: tokens of its issuer are bad, and everything else goes on.</param>
internal sealed class LocalKeySource(JwtKeySet? keys) : JwtKeySource
{
    /// <inheritdoc/>
    public override JwtKeySet? Current => keys;

    /// <inheritdoc/>
    public override JwtStatus WithoutKeys => JwtStatus.BadSignature;
}
