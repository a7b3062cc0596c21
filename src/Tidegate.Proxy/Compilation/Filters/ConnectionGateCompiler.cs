using Envoy.Extensions.Filters.Network.ConnectionLimit.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.RateLimits;
using NetworkLocalRateLimit = Envoy.Extensions.Filters.Network.LocalRatelimit.V3.LocalRateLimit;
using TokenBucketProto = Envoy.Type.V3.TokenBucket;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles what lets connections in or not before anything else is done with them. One that has not changed goes on with what it has counted.</summary>
internal sealed class ConnectionGateCompiler
{
    // Buckets that several limits share, as long as one of them is in force.
    private readonly Dictionary<(string Key, TokenBucketProto Bucket), WeakReference<TokenBucket>> _shared = [];

    /// <summary>Whether a message configures one.</summary>
    public static bool IsKnown(Any? config) => config is not null && (config.Is(NetworkLocalRateLimit.Descriptor) || config.Is(ConnectionLimit.Descriptor));

    /// <summary>Compiles one that is known; nothing when it is switched off, left out or refused.</summary>
    /// <param name="config">What is compiled.</param>
    /// <param name="scope">Where it stands.</param>
    /// <param name="before">Those of earlier versions of the chain.</param>
    public IEnumerable<ConnectionGate> Compile(Any config, CompileScope scope, IEnumerable<ConnectionGate> before)
    {
        ConnectionGate? gate = config.Is(ConnectionLimit.Descriptor)
            ? scope.TryUnpack(config, out ConnectionLimit? limit) ? Limit(limit, scope, before) : null
            : scope.TryUnpack(config, out NetworkLocalRateLimit? rate) ? Rate(rate, scope, before) : null;
        return gate is null ? [] : [gate];
    }

    private static ConnectionLimitGate? Limit(ConnectionLimit config, CompileScope scope, IEnumerable<ConnectionGate> before)
    {
        scope.LeaveOutIf(config.StatPrefix.Length == 0, "stat_prefix is empty");
        scope.LeaveOutIf(config.MaxConnections is null or 0, "max_connections is missing or 0");
        if (config.StatPrefix.Length == 0 || config.MaxConnections is not (> 0 and { } max) || config.RuntimeEnabled?.DefaultValue == false)
        {
            return null;
        }

        ConnectionCount? count = before.OfType<ConnectionLimitGate>().FirstOrDefault(known => known.StatPrefix == config.StatPrefix)?.Count;
        return new ConnectionLimitGate(
            config.StatPrefix, (long)Math.Min(max, long.MaxValue), scope.At("delay").MillisecondsOrNull(config.Delay) ?? 0, count ?? new ConnectionCount());
    }

    private LocalRateLimitGate? Rate(NetworkLocalRateLimit config, CompileScope scope, IEnumerable<ConnectionGate> before)
    {
        scope.RefuseIf(config.StatPrefix.Length == 0, "stat_prefix is empty");
        scope.RefuseIf(config.TokenBucket is null, "token_bucket is missing");
        if (config.TokenBucket is null || config.RuntimeEnabled?.DefaultValue == false)
        {
            return null;
        }

        TokenBucket bucket = before.OfType<LocalRateLimitGate>().FirstOrDefault(known => known.Source.Equals(config))?.Bucket
            ?? Bucket(config, LocalRateLimitCompiler.Bucket(config.TokenBucket, scope.At("token_bucket")));
        return new LocalRateLimitGate(config, bucket);
    }

    private TokenBucket Bucket(NetworkLocalRateLimit config, Func<TokenBucket> make)
    {
        if (config.ShareKey.Length == 0)
        {
            return make();
        }

        foreach ((string, TokenBucketProto) gone in _shared.Where(static pair => !pair.Value.TryGetTarget(out _)).Select(static pair => pair.Key).ToArray())
        {
            _shared.Remove(gone);
        }

        (string, TokenBucketProto) key = (config.ShareKey, config.TokenBucket);
        if (_shared.TryGetValue(key, out WeakReference<TokenBucket>? known) && known.TryGetTarget(out TokenBucket? shared))
        {
            return shared;
        }

        TokenBucket made = make();
        _shared[key] = new WeakReference<TokenBucket>(made);
        return made;
    }
}
