using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.HeaderPolicy;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters;

/// <summary>How many requests are let through, and what the others get (Envoy: <c>LocalRateLimit</c>). Immutable.</summary>
internal sealed record RateLimitRule
{
    /// <summary>The prefix of its statistics.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>Makes a bucket; null when nothing is limited.</summary>
    public Func<TokenBucket>? MakeBucket { get; init; }

    /// <summary>Whether each client's connection has a bucket of its own; else all workers share one.</summary>
    public bool IsPerConnection { get; init; }

    /// <summary>The share of requests that the limit is asked about.</summary>
    public RequestFraction EnabledShare { get; init; } = new(0, 100);

    /// <summary>The share of requests over the limit that are refused.</summary>
    public RequestFraction EnforcedShare { get; init; } = new(0, 100);

    /// <summary>What refused requests are answered with.</summary>
    public required LocalReply Reply { get; init; }

    /// <summary>What is done to the fields of that answer.</summary>
    public HeaderMutations ResponseHeaders { get; init; } = HeaderMutations.None;

    /// <summary>What is done to the fields of requests over the limit that go on.</summary>
    public HeaderMutations RequestHeadersWhenNotEnforced { get; init; } = HeaderMutations.None;

    /// <summary>Whether answers tell the state of the bucket (<c>x-ratelimit-limit</c>, <c>-remaining</c>, <c>-reset</c>).</summary>
    public bool TellsBucket { get; init; }
}

/// <summary>Refuses requests beyond a rate (Envoy: <c>envoy.filters.http.local_ratelimit</c>).</summary>
internal sealed class LocalRateLimitFilter(RateLimitRule rule) : HttpFilter
{
    private readonly TokenBucket? _bucket = rule.IsPerConnection ? null : rule.MakeBucket?.Invoke();
    private readonly ConditionalWeakTable<object, TokenBucket> _ofConnections = [];
    private StatScope<LocalRateLimitStats>? _stats;

    // What is remembered of a request.
    private enum Verdict
    {
        NotAsked,
        Allowed,
        Refused,
    }

    /// <inheritdoc/>
    public override bool IsInert => rule.MakeBucket is null || rule.EnabledShare.Numerator == 0;

    /// <summary>What it does.</summary>
    public RateLimitRule Rule => rule;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        var verdict = (Verdict)run.State;
        if (verdict == Verdict.NotAsked)
        {
            return;
        }

        HeaderMap headers = run.Exchange.Response.Headers;
        if (verdict == Verdict.Refused)
        {
            rule.ResponseHeaders.Apply(headers, run.Exchange);
        }

        if (rule.TellsBucket)
        {
            TokenBucket bucket = BucketOf(run);
            AddNumber(headers, "x-ratelimit-limit"u8, bucket.MaxTokens);
            AddNumber(headers, "x-ratelimit-remaining"u8, bucket.RemainingTokens);
            AddNumber(headers, "x-ratelimit-reset"u8, bucket.SecondsToNextToken);
        }
    }

    private static void AddNumber(HeaderMap headers, ReadOnlySpan<byte> name, long value)
    {
        Span<byte> text = stackalloc byte[20];
        value.TryFormat(text, out int length, default, null);
        headers.Add(name, text[..length]);
    }

    private LocalReply? OnRequest(FilterRun run)
    {
        if (!rule.EnabledShare.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            return null;
        }

        _stats ??= run.Worker.Stats.AddLocalRateLimit(rule.StatPrefix);
        LocalRateLimitStats stats = _stats.ForWorker(run.Worker.Index);
        stats.Enabled++;
        if (BucketOf(run).TryTake())
        {
            stats.Ok++;
            run.State = (int)Verdict.Allowed;
            return null;
        }

        stats.RateLimited++;
        run.State = (int)Verdict.Allowed;
        if (!rule.EnforcedShare.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            rule.RequestHeadersWhenNotEnforced.Apply(run.Exchange.Request.Headers, run.Exchange);
            return null;
        }

        stats.Enforced++;
        run.State = (int)Verdict.Refused;
        return rule.Reply;
    }

    private TokenBucket BucketOf(FilterRun run) => _bucket ?? (_ofConnections.TryGetValue(run.Connection, out TokenBucket? own) ? own : Add(run.Connection));

    private TokenBucket Add(object connection) => _ofConnections.GetValue(connection, _ => rule.MakeBucket!());
}
