using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>Refuses connections beyond a rate (Envoy: <c>envoy.filters.network.local_ratelimit</c>).</summary>
/// <param name="source">What it was compiled from: one of the same goes on with its bucket.</param>
/// <param name="bucket">The bucket, which several may share.</param>
internal sealed class LocalRateLimitGate(Envoy.Extensions.Filters.Network.LocalRatelimit.V3.LocalRateLimit source, TokenBucket bucket) : ConnectionGate
{
    private StatScope<ConnectionRateStats>? _stats;

    /// <summary>What it was compiled from.</summary>
    public Envoy.Extensions.Filters.Network.LocalRatelimit.V3.LocalRateLimit Source => source;

    /// <summary>The bucket.</summary>
    public TokenBucket Bucket => bucket;

    /// <inheritdoc/>
    public override string Refusal => "local_ratelimit_close_over_limit";

    /// <inheritdoc/>
    public override bool TryEnter(Worker worker, StatScope scope)
    {
        if (bucket.TryTake())
        {
            return true;
        }

        _stats ??= worker.Stats.AddConnectionRate(scope, source.StatPrefix);
        _stats.ForWorker(worker.Index).RateLimited++;
        return false;
    }
}
