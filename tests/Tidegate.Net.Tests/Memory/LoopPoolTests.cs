using Tidegate.Net.Memory;
using Tidegate.Net.Timers;

namespace Tidegate.Net.Tests.Memory;

public sealed class LoopPoolTests
{
    private readonly TimerWheel _timers = new(0, exception => throw new InvalidOperationException("a timer failed", exception));
    private readonly List<string> _dropped = [];
    private readonly PoolTrimmer _trimmer;

    public LoopPoolTests() => _trimmer = new PoolTrimmer(_timers, periodMs: 5000);

    [Fact]
    public void The_last_one_given_back_is_the_next_one_taken()
    {
        LoopPool<string> pool = NewPool(keep: 4);
        Assert.Null(pool.Take());
        pool.Give("a");
        pool.Give("b");
        Assert.Equal("b", pool.Take());
        Assert.Equal("a", pool.Take());
        Assert.Null(pool.Take());
    }

    [Fact]
    public void What_nobody_needed_for_a_while_is_dropped_the_coldest_first()
    {
        LoopPool<string> pool = NewPool(keep: 2);
        for (int i = 0; i < 10; i++)
        {
            pool.Give($"{i}");
        }

        Pass(seconds: 10);
        Assert.Equal(["0", "1", "2", "3"], _dropped);
        Pass(seconds: 60);
        Assert.Equal(2, pool.Count);
        Assert.Equal("9", pool.Take());
        Assert.Equal(-1, _timers.MillisecondsToNext(_timers.NowMs));
    }

    [Fact]
    public void What_was_needed_meanwhile_is_kept()
    {
        LoopPool<string> pool = NewPool(keep: 2);
        for (int i = 0; i < 10; i++)
        {
            pool.Give($"{i}");
        }

        for (int round = 0; round < 12; round++)
        {
            string[] taken = [.. Enumerable.Range(0, 10).Select(_ => pool.Take()!)];
            Array.ForEach(taken, pool.Give);
            Pass(seconds: 5);
        }

        Assert.Empty(_dropped);
    }

    [Fact]
    public void All_that_was_not_needed_since_the_last_look_is_dropped_when_others_need_the_memory()
    {
        LoopPool<string> pool = NewPool(keep: 2);
        for (int i = 0; i < 10; i++)
        {
            pool.Give($"{i}");
        }

        _trimmer.TrimAll();
        Assert.Empty(_dropped);
        Array.ForEach([pool.Take()!, pool.Take()!, pool.Take()!], pool.Give);
        _trimmer.TrimAll();
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6"], _dropped);
        _trimmer.TrimAll();
        Assert.Equal(2, pool.Count);
    }

    private LoopPool<string> NewPool(int keep) => new(_trimmer, keep, _dropped.Add);

    private void Pass(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            _timers.Advance(_timers.NowMs + 1000);
        }
    }
}
