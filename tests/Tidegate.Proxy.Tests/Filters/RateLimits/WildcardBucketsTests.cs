using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Filters.RateLimits;

namespace Tidegate.Proxy.Tests.Filters.RateLimits;

/// <summary>Buckets by value: those that are used stay, and there never are too many.</summary>
public sealed class WildcardBucketsTests
{
    private readonly FakeTimeProvider _time = new();
    private int _made;

    [Fact]
    public void A_value_keeps_its_bucket_while_it_is_among_those_used_last()
    {
        WildcardBuckets buckets = Buckets(3);
        TokenBucket first = buckets.Of(Key("first"));
        foreach (int i in Enumerable.Range(0, 100))
        {
            buckets.Of(Key($"passing {i}"));
            buckets.Of(Key($"other {i}"));
            Assert.Same(first, buckets.Of(Key("first")));
        }

        Assert.Equal(201, _made);
        Assert.NotSame(first, buckets.Of(Key(new string('f', 500))));
    }

    [Fact]
    public void Long_values_are_told_apart()
    {
        WildcardBuckets buckets = Buckets(3);
        string longer = new('l', 5000);

        Assert.Same(buckets.Of(Key(longer + "1")), buckets.Of(Key(longer + "1")));
        Assert.NotSame(buckets.Of(Key(longer + "1")), buckets.Of(Key(longer + "2")));
    }

    [Fact]
    public void Threads_that_meet_a_value_for_the_first_time_share_its_bucket()
    {
        WildcardBuckets buckets = Buckets(1000);
        int taken = 0;
        Parallel.For(0, 10_000, i =>
        {
            if (buckets.Of(Key($"{i % 100}")).TryTake())
            {
                Interlocked.Increment(ref taken);
            }
        });

        Assert.Equal(100, taken);
    }

    private static byte[] Key(string value) => DescriptorEntries.Of("k", value);

    private WildcardBuckets Buckets(int max) => new(
        () =>
        {
            Interlocked.Increment(ref _made);
            return new TokenBucket(1, 1, 3_600_000, _time);
        },
        max);
}
