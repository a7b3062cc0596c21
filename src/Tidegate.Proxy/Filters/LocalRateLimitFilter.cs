using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;
using VhRateLimitsOptions = Envoy.Extensions.Common.Ratelimit.V3.VhRateLimitsOptions;

namespace Tidegate.Proxy.Filters;

/// <summary>How many requests are let through, and what the others get (Envoy: <c>LocalRateLimit</c>). Immutable.</summary>
internal sealed record RateLimitRule
{
    /// <summary>The prefix of its statistics.</summary>
    public required string StatPrefix { get; init; }

    /// <summary>Makes the bucket of all requests; null when there is none.</summary>
    public Func<TokenBucket>? MakeBucket { get; init; }

    /// <summary>Limits of requests with certain descriptors, the slowest to fill first.</summary>
    public DescriptorLimit[] Descriptors { get; init; } = [];

    /// <summary>Which of the routes' descriptors count.</summary>
    public uint Stage { get; init; }

    /// <summary>Whether those of the virtual host count beside the route's, instead of none of the route's, or not at all.</summary>
    public VhRateLimitsOptions HostDescriptors { get; init; }

    /// <summary>Whether a request with a descriptor that is limited takes a token of all requests' as well.</summary>
    public bool AlwaysTakesDefault { get; init; } = true;

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
    private const int MaxMatches = 16;

    private readonly RateLimitBuckets? _buckets = rule.IsPerConnection ? null : NewBuckets(rule);
    private readonly ConditionalWeakTable<object, RateLimitBuckets> _ofConnections = [];
    private StatScope<LocalRateLimitStats>? _stats;

    // What is remembered of a request, beside the bucket that decided it.
    private enum Verdict
    {
        NotAsked,
        Allowed,
        Refused,
    }

    /// <inheritdoc/>
    public override bool IsInert => (rule.MakeBucket is null && rule.Descriptors.Length == 0) || rule.EnabledShare.Numerator == 0;

    /// <summary>What it does.</summary>
    public RateLimitRule Rule => rule;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        var verdict = (Verdict)(run.State & 0xFF);
        if (verdict == Verdict.NotAsked)
        {
            return;
        }

        HeaderMap headers = run.Exchange.Response.Headers;
        if (verdict == Verdict.Refused)
        {
            rule.ResponseHeaders.Apply(headers, run.Exchange);
        }

        if (rule.TellsBucket && BucketsOf(run)[(run.State >> 8) - 1] is { } bucket)
        {
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

        _stats ??= run.Worker.Stats.AddLocalRateLimit(run.StatScope, rule.StatPrefix);
        LocalRateLimitStats stats = _stats.ForWorker(run.Worker.Index);
        stats.Enabled++;
        bool isTaken = TryTake(run, out int decider);
        run.State = (int)Verdict.Allowed | ((decider + 1) << 8);
        if (isTaken)
        {
            stats.Ok++;
            return null;
        }

        stats.RateLimited++;
        if (!rule.EnforcedShare.Contains((ulong)run.Worker.Random.NextInt64()))
        {
            rule.RequestHeadersWhenNotEnforced.Apply(run.Exchange.Request.Headers, run.Exchange);
            return null;
        }

        stats.Enforced++;
        run.State = (int)Verdict.Refused | ((decider + 1) << 8);
        return rule.Reply;
    }

    // Envoy: the descriptors' buckets first, the slowest of them first; then, unless that is switched off, the bucket of all requests.
    private bool TryTake(FilterRun run, out int decider)
    {
        decider = -1;
        RateLimitBuckets buckets = BucketsOf(run);
        Span<int> matches = stackalloc int[MaxMatches];
        int count = rule.Descriptors.Length == 0 ? 0 : Match(run, matches);
        matches = matches[..count];
        matches.Sort();
        foreach (int match in matches)
        {
            decider = match;
            if (!buckets.OfDescriptors[match].TryTake())
            {
                return false;
            }
        }

        if (count > 0 && !rule.AlwaysTakesDefault)
        {
            decider = matches[0];
            return true;
        }

        decider = -1;
        bool isTaken = buckets.Default?.TryTake() ?? true;
        decider = isTaken && count > 0 ? matches[0] : -1;
        return isTaken;
    }

    // The limits that the request's descriptors have; each once.
    private int Match(FilterRun run, Span<int> matches)
    {
        if (run.RouteDescriptors is not { } ofRoute)
        {
            return 0;
        }

        int count = Match(run.Exchange, ofRoute, matches, 0);
        VhRateLimitsOptions ofHost = run.IncludesHostDescriptors ? VhRateLimitsOptions.Include : rule.HostDescriptors;
        bool isHostAsked = ofHost == VhRateLimitsOptions.Include || (ofHost == VhRateLimitsOptions.Override && ofRoute.Length == 0);
        return isHostAsked ? Match(run.Exchange, run.HostDescriptors!, matches, count) : count;
    }

    private int Match(HttpExchange exchange, RequestDescriptor[] descriptors, Span<int> matches, int count)
    {
        Span<byte> room = stackalloc byte[512];
        foreach (RequestDescriptor descriptor in descriptors)
        {
            if (descriptor.Stage != rule.Stage)
            {
                continue;
            }

            var entries = new ByteBuilder(room);
            if (descriptor.TryWrite(exchange, ref entries) && IndexOf(entries.Written) is >= 0 and int index && count < matches.Length && !matches[..count].Contains(index))
            {
                matches[count++] = index;
            }

            entries.Dispose();
        }

        return count;
    }

    private int IndexOf(ReadOnlySpan<byte> entries)
    {
        DescriptorLimit[] limits = rule.Descriptors;
        for (int i = 0; i < limits.Length; i++)
        {
            if (entries.SequenceEqual(limits[i].Entries))
            {
                return i;
            }
        }

        return -1;
    }

    private RateLimitBuckets BucketsOf(FilterRun run) =>
        _buckets ?? (_ofConnections.TryGetValue(run.Connection, out RateLimitBuckets? own) ? own : _ofConnections.GetValue(run.Connection, _ => NewBuckets(rule)));

    private static RateLimitBuckets NewBuckets(RateLimitRule rule) =>
        new(rule.MakeBucket?.Invoke(), [.. rule.Descriptors.Select(static limit => limit.MakeBucket())]);
}
