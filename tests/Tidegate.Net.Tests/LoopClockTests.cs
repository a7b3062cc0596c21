using Microsoft.Extensions.Time.Testing;

namespace Tidegate.Net.Tests;

public sealed class LoopClockTests
{
    [Fact]
    public async Task A_test_turns_the_clock_by_hand_and_the_loop_wakes()
    {
        var time = new FakeTimeProvider();
        await using var fixture = new LoopFixture(options => options with { Time = time });
        var expired = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        long start = 0;
        await fixture.RunAsync(() =>
        {
            start = fixture.Loop.NowMs;
            fixture.Loop.Timers.Schedule(new CallbackTimer(() => expired.SetResult(fixture.Loop.NowMs)), 3_600_000);
        });
        time.Advance(TimeSpan.FromMinutes(59));
        await fixture.SettleAsync();
        Assert.False(expired.Task.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(start + 3_600_000, await expired.Task.WaitAsync(LoopFixture.Patience));
    }

    [Fact]
    public async Task Microseconds_and_milliseconds_are_of_one_moment()
    {
        await using var fixture = new LoopFixture();
        await fixture.RunAsync(() =>
        {
            Assert.Equal(fixture.Loop.NowUs / 1000, fixture.Loop.NowMs);
            Assert.InRange(fixture.Loop.NowMs - Environment.TickCount64, -60_000, 60_000);
        });
    }

    [Fact]
    public async Task An_idle_loop_makes_no_turns()
    {
        await using var fixture = new LoopFixture();
        long before = await fixture.RunAsync(() => ValueTask.FromResult(fixture.Loop.Turn));

        // Longer than the loop needs to come to rest; not so long that a wake would have to be missed.
        await Task.Delay(100);
        Assert.InRange(fixture.Loop.Turn - before, 0, 2);
    }

    [Fact]
    public async Task A_processor_that_is_not_there_is_reported_and_the_loop_runs()
    {
        await using var fixture = new LoopFixture(options => options with { Cpu = 1000 });
        Assert.True(await fixture.RunAsync(() => ValueTask.FromResult(fixture.Loop.IsCurrent)));
        Assert.Contains("1000", Assert.Single(fixture.Unhandled).Exception.Message, StringComparison.Ordinal);
        fixture.Unhandled.Clear();
    }
}
