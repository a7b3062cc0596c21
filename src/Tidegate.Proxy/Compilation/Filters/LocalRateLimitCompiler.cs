using Envoy.Extensions.Common.Ratelimit.V3;
using Envoy.Extensions.Filters.Http.LocalRatelimit.V3;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using DescriptorLimit = Tidegate.Proxy.Filters.RateLimits.DescriptorLimit;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles local rate limits.</summary>
internal static class LocalRateLimitCompiler
{
    private const long MinFillIntervalMs = 50;
    private const int MaxWildcardBuckets = 20;

    /// <summary>Compiles a limit, of a listener or of a route.</summary>
    public static LocalRateLimitFilter Compile(LocalRateLimit limit, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(limit.StatPrefix.Length == 0, "stat_prefix is empty");
        scope.NoteIf(limit.LocalClusterRateLimit is not null, "local_cluster_rate_limit is not acted on: every gateway counts for itself");
        scope.RefuseIf(limit.MaxDynamicDescriptors == 0, "max_dynamic_descriptors is 0");
        int status = (int)(limit.Status?.Code ?? 0);
        return new LocalRateLimitFilter(new LocalRateLimitRule
        {
            StatPrefix = limit.StatPrefix,
            MakeBucket = limit.TokenBucket is null ? null : Bucket(limit.TokenBucket, scope.At("token_bucket")),
            Descriptors = Descriptors(limit, scope),
            OwnDescriptors = parts.RateLimits.CompileOwn(limit.RateLimits, scope),
            Stage = limit.Stage,
            HostDescriptors = limit.VhRateLimits,
            MaxWildcardBuckets = (int)Math.Clamp(limit.MaxDynamicDescriptors ?? MaxWildcardBuckets, 1, int.MaxValue / 2),
            AlwaysTakesDefault = limit.AlwaysConsumeDefaultTokenBucket ?? true,
            IsPerConnection = limit.LocalRateLimitPerDownstreamConnection,
            EnabledShare = Share(limit.FilterEnabled),
            EnforcedShare = Share(limit.FilterEnforced),
            Reply = new LocalReply(status >= 400 ? status : 429, "local_rate_limited"u8.ToArray(), ResponseFlags.RateLimited, "local_rate_limited")
            {
                GrpcStatus = limit.RateLimitedAsResourceExhausted ? 8 : null,
            },
            ResponseHeaders = HeaderMutations.Of([HeaderMutationCompiler.Compile([], limit.ResponseHeadersToAdd, "response_headers", scope)]),
            RequestHeadersWhenNotEnforced = HeaderMutations.Of(
                [HeaderMutationCompiler.Compile([], limit.RequestHeadersToAddWhenNotEnforced, "request_headers", scope)]),
            TellsBucket = limit.EnableXRatelimitHeaders == XRateLimitHeadersRFCVersion.DraftVersion03,
        });
    }

    /// <summary>Compiles a limit of a route, where a limit without a bucket makes no sense.</summary>
    public static LocalRateLimitFilter CompileForRoute(LocalRateLimit limit, FilterParts parts, CompileScope scope)
    {
        scope.RefuseIf(limit.TokenBucket is null, "token_bucket is missing");
        return Compile(limit, parts, scope);
    }

    /// <summary>What makes the buckets of a limit.</summary>
    public static Func<TokenBucket> Bucket(Envoy.Type.V3.TokenBucket bucket, CompileScope scope)
    {
        uint perFill = bucket.TokensPerFill ?? 1;
        long intervalMs = bucket.FillInterval is { } interval ? scope.At("fill_interval").Milliseconds(interval) : 0;
        scope.RefuseIf(bucket.MaxTokens == 0, "max_tokens is 0");
        scope.RefuseIf(perFill == 0, "tokens_per_fill is 0");
        scope.RefuseIf(intervalMs < MinFillIntervalMs, $"fill_interval is {intervalMs} ms; it has to be {MinFillIntervalMs} ms or more");
        uint max = bucket.MaxTokens;
        intervalMs = Math.Max(MinFillIntervalMs, intervalMs);
        return () => new TokenBucket(max, perFill, intervalMs, TimeProvider.System);
    }

    private static DescriptorLimit[] Descriptors(LocalRateLimit limit, CompileScope scope)
    {
        DescriptorLimit[] limits = [.. limit.Descriptors.Select((descriptor, i) => Descriptor(descriptor, scope.At("descriptors", i)))];
        HashSet<byte[]> known = new(BytesComparer.Instance);
        for (int i = 0; i < limits.Length; i++)
        {
            scope.At("descriptors", i).RefuseIf(!known.Add(limits[i].Entries), "the same entries stand there twice");
        }

        return limits;
    }

    private static DescriptorLimit Descriptor(LocalRateLimitDescriptor descriptor, CompileScope scope)
    {
        scope.RefuseIf(descriptor.Entries.Count == 0, "entries is empty");
        scope.RefuseIf(descriptor.TokenBucket is null, "token_bucket is missing");
        for (int i = 0; i < descriptor.Entries.Count; i++)
        {
            scope.At("entries", i).RefuseIf(descriptor.Entries[i].Key.Length == 0, "key is empty");
        }

        return new DescriptorLimit([.. descriptor.Entries.Select(static entry => (entry.Key, entry.Value))])
        {
            MakeBucket = Bucket(descriptor.TokenBucket ?? new Envoy.Type.V3.TokenBucket(), scope.At("token_bucket")),
            IsShadow = descriptor.ShadowMode,
        };
    }

    private static RequestFraction Share(Envoy.Config.Core.V3.RuntimeFractionalPercent? share) =>
        share?.DefaultValue is { } fraction ? MatcherCompiler.Fraction(fraction) : new RequestFraction(0, 100);
}
