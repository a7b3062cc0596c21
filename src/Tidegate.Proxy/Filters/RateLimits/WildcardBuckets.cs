using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>
/// A bucket for each value of a limit's open entries (Envoy: wildcard descriptors, <c>max_dynamic_descriptors</c>). As many as were used last are kept, and at most
/// twice as many; values beyond that begin with a full bucket again. Shared by all workers without a lock: buckets are in two generations, and what is used goes
/// into the young one; when that is full it is the old one, and the old one is gone.
/// </summary>
/// <param name="make">Makes a bucket.</param>
/// <param name="max">How many are kept at least.</param>
internal sealed class WildcardBuckets(Func<TokenBucket> make, int max)
{
    // Longer descriptors are told apart by their digests, so that what clients send takes no more memory than this.
    private const int MaxKeyBytes = 128;

    private Generations _now = new(new Generation(), new Generation());

    /// <summary>The bucket of a descriptor.</summary>
    public TokenBucket Of(scoped ReadOnlySpan<byte> entries)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        ReadOnlySpan<byte> key = entries;
        if (entries.Length > MaxKeyBytes)
        {
            SHA256.HashData(entries, digest);
            key = digest;
        }

        Generations now = Volatile.Read(ref _now);
        if (now.Young.Buckets.TryGetValue(key, out TokenBucket? bucket))
        {
            return bucket;
        }

        return Use(key, now.Old.Buckets.TryGetValue(key, out TokenBucket? old) ? old : make());
    }

    private TokenBucket Use(ReadOnlySpan<byte> key, TokenBucket bucket)
    {
        while (true)
        {
            Generations now = Volatile.Read(ref _now);
            if (now.Young.Buckets.TryGetValue(key, out TokenBucket? known))
            {
                return known; // another worker was first
            }

            if (now.Young.TryReserve(max))
            {
                if (!now.Young.Buckets.TryAdd(key, bucket))
                {
                    now.Young.GiveBack();
                    continue;
                }

                return bucket;
            }

            Interlocked.CompareExchange(ref _now, new Generations(new Generation(), now.Young), now);
        }
    }

    private sealed record Generations(Generation Young, Generation Old);

    private sealed class Generation
    {
        private int _count;

        public ConcurrentDictionary<byte[], TokenBucket>.AlternateLookup<ReadOnlySpan<byte>> Buckets { get; } =
            new ConcurrentDictionary<byte[], TokenBucket>(BytesComparer.Instance).GetAlternateLookup<ReadOnlySpan<byte>>();

        public bool TryReserve(int max)
        {
            if (Interlocked.Increment(ref _count) <= max)
            {
                return true;
            }

            GiveBack();
            return false;
        }

        public void GiveBack() => Interlocked.Decrement(ref _count);
    }
}
