using Tidegate.Net.Buffers;
using Tidegate.Net.Memory;
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
        var pool = PoolOn(_timers);
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
        var pool = PoolOn(_timers);
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
        var pool = PoolOn(_timers, tracks: true);
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

    [Fact]
    public void What_there_is_of_buffers_is_charged_until_it_is_dropped()
    {
        var budget = new MemoryBudget();
        BufferPool pool = PoolOn(_timers, budget.Open(), tracks: false);
        byte[][] rented = [pool.Rent(1), pool.Rent(16 * 1024), pool.Rent(64 * 1024), pool.Rent(100_000)];
        Assert.Equal(4096 + 16384 + 65536 + 100_000, budget.UsedBytes);

        Array.ForEach(rented, pool.Return);
        Assert.Equal(4096 + 16384 + 65536, budget.UsedBytes);
        Assert.Equal(pool.FreeBytes, budget.UsedBytes);

        pool.Return(pool.Rent(16 * 1024));
        Assert.Equal(4096 + 16384 + 65536, budget.UsedBytes);
    }

    [Fact]
    public void What_a_burst_took_of_the_budget_is_given_back_with_time()
    {
        var budget = new MemoryBudget();
        BufferPool pool = PoolOn(_timers, budget.Open(), tracks: false);
        byte[][] burst = [.. Enumerable.Range(0, 1000).Select(_ => pool.Rent(16384))];
        Array.ForEach(burst, pool.Return);
        for (int second = 1; second <= 120; second++)
        {
            _timers.Advance(second * 1000);
        }

        Assert.Equal(16 * 16384, budget.UsedBytes);
    }

    private static BufferPool PoolOn(TimerWheel timers, bool tracks = false) => PoolOn(timers, new MemoryBudget().Open(), tracks);

    private static BufferPool PoolOn(TimerWheel timers, MemoryAccount memory, bool tracks) => new(new PoolTrimmer(timers, periodMs: 5000), memory, tracks);
}
