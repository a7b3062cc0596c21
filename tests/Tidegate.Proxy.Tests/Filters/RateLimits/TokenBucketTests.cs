using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Filters.RateLimits;

namespace Tidegate.Proxy.Tests.Filters.RateLimits;

/// <summary>So many at once, and so many again with time.</summary>
public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_full_bucket_lets_as_many_through_as_it_holds()
    {
        var bucket = new TokenBucket(3, 1, 1000, _time);

        Assert.Equal([true, true, true, false, false], Enumerable.Range(0, 5).Select(_ => bucket.TryTake()));
        Assert.Equal((0u, 1L), (bucket.RemainingTokens, bucket.SecondsToNextToken));
    }

    [Fact]
    public void Tokens_come_back_evenly_and_not_beyond_the_bucket()
    {
        var bucket = new TokenBucket(4, 4, 1000, _time);
        while (bucket.TryTake())
        {
        }

        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.False(bucket.TryTake());
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(bucket.TryTake());
        Assert.False(bucket.TryTake());
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(4u, bucket.RemainingTokens);
        Assert.Equal(4, Enumerable.Range(0, 10).Count(_ => bucket.TryTake()));
    }

    [Fact]
    public void So_many_are_taken_at_once_or_none()
    {
        var bucket = new TokenBucket(5, 1, 1000, _time);

        Assert.Equal([true, false, true, true, false], new uint[] { 3, 3, 2, 0, 1 }.Select(bucket.TryTake));
    }

    [Fact]
    public void An_empty_bucket_never_has_one()
    {
        var bucket = new TokenBucket(0, 5, 1000, _time);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.False(bucket.TryTake());
        Assert.Equal(0u, bucket.RemainingTokens);
    }

    [Fact]
    public void Threads_take_each_token_once()
    {
        var bucket = new TokenBucket(1000, 1, 3_600_000, _time);
        int taken = 0;
        Parallel.For(0, 5000, _ =>
        {
            if (bucket.TryTake())
            {
                Interlocked.Increment(ref taken);
            }
        });

        Assert.Equal(1000, taken);
    }

    [Property(MaxTest = 100)]
    public void Never_more_than_the_bucket_and_what_has_come(byte[] pausesMs)
    {
        var bucket = new TokenBucket(5, 2, 100, _time);
        int taken = 0;
        double elapsed = 0;
        foreach (byte pause in pausesMs)
        {
            _time.Advance(TimeSpan.FromMilliseconds(pause));
            elapsed += pause;
            while (bucket.TryTake())
            {
                taken++;
            }

            Assert.True(taken <= 5 + (elapsed * 0.02) + 1e-6, $"{taken} after {elapsed} ms");
        }
    }
}
