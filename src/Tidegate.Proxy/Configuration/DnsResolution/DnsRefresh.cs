using Envoy.Config.Cluster.V3;

namespace Tidegate.Proxy.Configuration.DnsResolution;

/// <summary>When a name is asked for again (Envoy: <c>dns_refresh_rate</c>, <c>respect_dns_ttl</c>, <c>dns_failure_refresh_rate</c>).</summary>
/// <param name="Rate">After an answer without a time to live.</param>
/// <param name="RespectsTimeToLive">Whether the answer's time to live counts.</param>
/// <param name="Jitter">A random time up to this is added.</param>
/// <param name="FailureBase">After the first failure; null for <paramref name="Rate"/> after every one.</param>
/// <param name="FailureMax">After any number of failures at most.</param>
internal sealed record DnsRefresh(TimeSpan Rate, bool RespectsTimeToLive, TimeSpan Jitter, TimeSpan? FailureBase, TimeSpan FailureMax)
{
    // Envoy's least interval: a time to live of 0 must not become a flood.
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    /// <summary>What a cluster says.</summary>
    public static DnsRefresh Of(Cluster cluster, TimeSpan defaultRate, TimeSpan jitter)
    {
        TimeSpan? failureBase = cluster.DnsFailureRefreshRate?.BaseInterval?.ToTimeSpan();
        return new DnsRefresh(
            cluster.DnsRefreshRate?.ToTimeSpan() ?? defaultRate,
            cluster.RespectDnsTtl,
            jitter,
            failureBase,
            cluster.DnsFailureRefreshRate?.MaxInterval?.ToTimeSpan() ?? (failureBase ?? TimeSpan.Zero) * 10);
    }

    /// <summary>The pause after an answer; one with a time to live of 0 counts as one without.</summary>
    public TimeSpan After(TimeSpan? timeToLive, Random random)
    {
        TimeSpan pause = RespectsTimeToLive && timeToLive is { } given && given > TimeSpan.Zero ? given : Rate;
        return Max(pause + (Jitter * random.NextDouble()), Least);
    }

    /// <summary>The pause after a failure, after <paramref name="before"/> failures in a row before it: jittered exponential back-off.</summary>
    public TimeSpan AfterFailure(int before, Random random)
    {
        if (FailureBase is not { } start)
        {
            return After(null, random);
        }

        TimeSpan ceiling = start * Math.Pow(2, Math.Min(before, 20));
        return Max((ceiling < FailureMax ? ceiling : FailureMax) * random.NextDouble(), Least);
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
