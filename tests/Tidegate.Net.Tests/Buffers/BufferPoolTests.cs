using Tidegate.Net.Buffers;
using Tidegate.Net.Timers;

namespace Tidegate.Net.Tests.Buffers;

public sealed class BufferPoolTests
{
    private readonly TimerWheel _timers = new(0, exception => throw new InvalidOperationException("a timer failed", exception));

    [Theory]
    [InlineData(1, 4096)]
    [InlineData(4096, 4096)]
    [InlineData(4097, 16384)]
    [InlineData(16385, 65536)]
    [InlineData(65536, 65536)]
    [InlineData(65537, 65537)]
    public void A_buffer_has_at_least_the_length_that_was_asked(int asked, int length)
    {
        var pool = new BufferPool();
        Assert.Equal(length, pool.Rent(asked).Length);
    }

    [Fact]
    public void A_returned_buffer_is_the_next_one_rented()
    {
        var pool = new BufferPool();
        byte[] first = pool.Rent(100);
        byte[] second = pool.Rent(100);
        Assert.NotSame(first, second);
        Assert.Equal(2, pool.RentedCount);
        pool.Return(second);
        pool.Return(first);
        Assert.Equal(8192, pool.FreeBytes);
        Assert.Same(first, pool.Rent(4096));
        Assert.Same(second, pool.Rent(1));
    }

    [Fact]
    public void S10_the_buffers_of_a_burst_are_given_back_in_time()
    {
        var pool = new BufferPool(_timers);
        byte[][] burst = [.. Enumerable.Range(0, 1000).Select(_ => pool.Rent(16384))];
        Array.ForEach(burst, pool.Return);
        long peak = pool.FreeBytes;
        _timers.Advance(60_000);
        for (int second = 1; second <= 60; second++)
        {
            _timers.Advance(60_000 + (second * 1000));
        }

        Assert.InRange(pool.FreeBytes, 1, peak * 3 / 10);
        Assert.Equal(-1, _timers.MillisecondsToNext(120_000));
    }

    [Fact]
    public void Buffers_that_are_in_use_now_and_then_are_kept()
    {
        var pool = new BufferPool(_timers);
        for (int second = 1; second <= 60; second++)
        {
            byte[][] burst = [.. Enumerable.Range(0, 200).Select(_ => pool.Rent(4096))];
            Array.ForEach(burst, pool.Return);
            _timers.Advance(second * 1000);
        }

        Assert.Equal(200 * 4096, pool.FreeBytes);
    }

    [Fact]
    public void Leaks_are_listed_with_the_place_of_the_renting()
    {
        var pool = new BufferPool(_timers, tracks: true);
        byte[] returned = pool.Rent(1);
        byte[] leaked = pool.Rent(1);
        pool.Return(returned);
        Assert.Contains(nameof(Leaks_are_listed_with_the_place_of_the_renting), Assert.Single(pool.Leaks), StringComparison.Ordinal);
        pool.Return(leaked);
        Assert.Empty(pool.Leaks);
        Assert.Throws<InvalidOperationException>(() => pool.Return(leaked));
        Assert.Throws<InvalidOperationException>(() => pool.Return(new byte[4096]));
    }

    [Fact]
    public void Foreign_sizes_are_not_kept()
    {
        var pool = new BufferPool();
        pool.Return(pool.Rent(100_000));
        Assert.Equal(0, pool.FreeBytes);
        Assert.Equal(0, pool.RentedCount);
    }
}
