using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;
using XRateLimitOption = Envoy.Config.Route.V3.RateLimit.Types.XRateLimitOption;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>Refuses requests beyond a rate (Envoy: <c>envoy.filters.http.local_ratelimit</c>).</summary>
internal sealed class LocalRateLimitFilter(LocalRateLimitRule rule) : HttpFilter
{
    private readonly RateLimitBuckets? _buckets = rule.IsPerConnection ? null : new RateLimitBuckets(rule);
    private readonly ConditionalWeakTable<object, RateLimitBuckets> _ofConnections = [];
    private StatScope<LocalRateLimitStats>? _stats;

    private enum Verdict : byte
    {
        Within,

        // Beyond limits that only count.
        BeyondShadow,
        Beyond,
    }

    /// <inheritdoc/>
    public override bool IsInert => (rule.MakeBucket is null && rule.Descriptors.Length == 0) || rule.EnabledShare.Numerator == 0;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        LocalRateLimitState state = run.StateOf<LocalRateLimitState>();
        HeaderMap headers = run.Exchange.Response.Headers;
        if (state.IsRefused)
        {
            rule.ResponseHeaders.Apply(headers, run.Exchange);
        }

        if (state.Decider is { } bucket && (state.Telling == XRateLimitOption.Unspecified ? rule.TellsBucket : state.Telling == XRateLimitOption.DraftVersion03))
        {
            RateLimitFields.Add(headers, "x-ratelimit-limit"u8, bucket.MaxTokens);
            RateLimitFields.Add(headers, "x-ratelimit-remaining"u8, bucket.RemainingTokens);
            RateLimitFields.Add(headers, "x-ratelimit-reset"u8, bucket.SecondsToNextToken);
        }
    }

    private LocalReply? OnRequest(FilterRun run)
    {
        if (!rule.EnabledShare.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            return null;
        }

        _stats ??= run.Worker.Stats.AddLocalRateLimit(run.StatScope, rule.StatPrefix);
        LocalRateLimitStats stats = _stats.ForWorker(run.Worker.Index);
        stats.Enabled++;
        LocalRateLimitState state = run.StateOf<LocalRateLimitState>();
        Verdict verdict = Take(run, state);
        if (verdict == Verdict.Within)
        {
            stats.Ok++;
            return null;
        }

        stats.RateLimited++;
        if (verdict == Verdict.BeyondShadow)
        {
            stats.ShadowMode++;
            return null;
        }

        if (!rule.EnforcedShare.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            rule.RequestHeadersWhenNotEnforced.Apply(run.Exchange.Request.Headers, run.Exchange);
            return null;
        }

        stats.Enforced++;
        state.IsRefused = true;
        return rule.Reply;
    }

    // Envoy: the descriptors' buckets first, the slowest of them first; then, unless that is switched off, the bucket of all requests. There a limit that only
    // counts hides those behind it; here it hides none.
    private Verdict Take(FilterRun run, LocalRateLimitState state)
    {
        RateLimitBuckets buckets = BucketsOf(run);
        if (rule.Descriptors.Length > 0)
        {
            DescriptorLists lists = DescriptorLists.Of(run, rule.OwnDescriptors, rule.HostDescriptors);
            Match(run, buckets, lists.First, lists.HasStages, state);
            Match(run, buckets, lists.Second, lists.HasStages, state);
        }

        ReadOnlySpan<LocalRateLimitState.Match> matches = state.Matches;
        Verdict verdict = Verdict.Within;
        if (matches.Length > 0)
        {
            state.DecideBy(matches[0]);
        }

        foreach (ref readonly LocalRateLimitState.Match match in matches)
        {
            if (match.Limit.Bucket.TryTake(match.Hits))
            {
                continue;
            }

            state.DecideBy(match);
            if (!match.Limit.IsShadow)
            {
                return Verdict.Beyond;
            }

            verdict = Verdict.BeyondShadow;
        }

        if (buckets.Default is { } ofAll && (matches.IsEmpty || rule.AlwaysTakesDefault))
        {
            bool isTaken = ofAll.TryTake();
            if (!isTaken || matches.IsEmpty)
            {
                state.DecideBy(ofAll);
            }

            return isTaken ? verdict : Verdict.Beyond;
        }

        return verdict;
    }

    private void Match(FilterRun run, RateLimitBuckets buckets, RequestDescriptor[] descriptors, bool hasStages, LocalRateLimitState state)
    {
        Span<byte> room = stackalloc byte[512];
        foreach (RequestDescriptor descriptor in descriptors)
        {
            if ((hasStages && descriptor.Stage != rule.Stage) || descriptor.HasDisableKey)
            {
                continue;
            }

            var entries = new ByteBuilder(room);
            if (descriptor.TryWrite(run.Exchange, ref entries)
                && buckets.TryFind(entries.Written, out LimitBucket limit)
                && descriptor.TryCountHits(run.Exchange, out uint hits))
            {
                state.Add(limit, hits, descriptor.Telling);
            }

            entries.Dispose();
        }
    }

    private RateLimitBuckets BucketsOf(FilterRun run) =>
        _buckets ?? (_ofConnections.TryGetValue(run.Connection, out RateLimitBuckets? own) ? own : _ofConnections.GetValue(run.Connection, _ => new RateLimitBuckets(rule)));
}
