using FsCheck;
using FsCheck.Xunit;
using Tidegate.Net.Timers;

namespace Tidegate.Net.Tests.Timers;

public sealed class TimerWheelTests
{
    private const long StartMs = 123_456;
    private long _nowMs = StartMs;

    private TimerWheel NewWheel() => new(StartMs, exception => throw new InvalidOperationException("a timer failed", exception));

    [Fact]
    public void A_timer_expires_once_at_its_time_and_not_before()
    {
        TimerWheel wheel = NewWheel();
        int expired = 0;
        var timer = new CallbackTimer(() => expired++);
        wheel.Schedule(timer, 300);
        Assert.True(timer.IsScheduled);
        wheel.Advance(StartMs + 299);
        Assert.Equal(0, expired);
        wheel.Advance(StartMs + 300);
        Assert.Equal(1, expired);
        Assert.False(timer.IsScheduled);
        wheel.Advance(StartMs + 100_000);
        Assert.Equal(1, expired);
        Assert.Equal(-1, wheel.MillisecondsToNext(StartMs + 100_000));
    }

    [Fact]
    public void A_timer_counts_from_the_turn_in_which_it_is_scheduled_also_when_the_loop_slept_before()
    {
        TimerWheel wheel = NewWheel();
        int expired = 0;
        var timer = new CallbackTimer(() => expired++);
        wheel.BeginTurn(StartMs + 10_000);
        wheel.Schedule(timer, 300);
        wheel.Advance(StartMs + 10_299);
        Assert.Equal(0, expired);
        wheel.Advance(StartMs + 10_300);
        Assert.Equal(1, expired);
    }

    [Fact]
    public void A_cancelled_timer_does_not_expire_and_an_empty_wheel_waits_for_ever()
    {
        TimerWheel wheel = NewWheel();
        var timer = new CallbackTimer(() => Assert.Fail("expired"));
        Assert.Equal(-1, wheel.MillisecondsToNext(StartMs));
        wheel.Schedule(timer, 10);
        Assert.InRange(wheel.MillisecondsToNext(StartMs), 1, 10);
        wheel.Cancel(timer);
        wheel.Cancel(timer);
        Assert.False(timer.IsScheduled);
        Assert.Equal(-1, wheel.MillisecondsToNext(StartMs));
        wheel.Advance(StartMs + 20);
    }

    [Fact]
    public void A_timer_may_schedule_itself_and_cancel_others_when_it_expires()
    {
        TimerWheel wheel = NewWheel();
        int expired = 0;
        CallbackTimer self = null!;
        var victim = new CallbackTimer(() => Assert.Fail("expired"));
        self = new CallbackTimer(() =>
        {
            wheel.Cancel(victim);
            if (++expired < 5)
            {
                wheel.Schedule(self, 0);
            }
        });

        // Which of one millisecond comes first is open; the victim's is the next.
        wheel.Schedule(victim, 11);
        wheel.Schedule(self, 10);
        for (int i = 1; i <= 20; i++)
        {
            wheel.Advance(StartMs + i);
        }

        Assert.Equal(5, expired);
    }

    [Fact]
    public void Timers_of_one_moment_may_cancel_and_move_each_other()
    {
        TimerWheel wheel = NewWheel();
        var log = new List<string>();
        CallbackTimer first = null!;
        CallbackTimer second = null!;
        first = new CallbackTimer(() =>
        {
            log.Add("first");
            wheel.Cancel(second);
        });
        second = new CallbackTimer(() =>
        {
            log.Add("second");
            wheel.Schedule(first, 50);
        });
        wheel.Schedule(first, 10);
        wheel.Schedule(second, 10);
        wheel.Advance(StartMs + 10);
        wheel.Advance(StartMs + 100);
        Assert.True(log is ["first"] or ["second", "first"], string.Join(",", log));
    }

    [Fact]
    public void A_repeating_timer_runs_once_after_a_long_stop()
    {
        TimerWheel wheel = NewWheel();
        int expired = 0;
        CallbackTimer timer = null!;
        timer = new CallbackTimer(() =>
        {
            expired++;
            wheel.Schedule(timer, 100);
        });
        wheel.Schedule(timer, 100);
        wheel.Advance(StartMs + 30_000);
        Assert.Equal(1, expired);
        Assert.InRange(wheel.MillisecondsToNext(StartMs + 30_000), 1, 100);
    }

    [Fact]
    public void Ten_thousand_idle_timeouts_hardly_wake_anybody()
    {
        TimerWheel wheel = NewWheel();
        for (int i = 0; i < 10_000; i++)
        {
            wheel.Schedule(new CallbackTimer(() => Assert.Fail("expired")), 3_600_000 + i);
        }

        int wakes = 0;
        for (long now = StartMs; now < StartMs + 600_000; wakes++)
        {
            now += wheel.MillisecondsToNext(now);
            wheel.Advance(now);
        }

        Assert.InRange(wakes, 0, 100);
    }

    [Fact]
    public void Timers_far_away_expire_at_their_time()
    {
        TimerWheel wheel = NewWheel();
        var expiredAt = new List<long>();
        long[] delays = [1, 255, 256, 257, 4095, 4096, 16_383, 16_384, 16_385, 1_048_575, 1_048_576, 67_108_864, 100_000_000, 4_000_000_000];
        foreach (long delay in delays)
        {
            wheel.Schedule(new CallbackTimer(() => expiredAt.Add(_nowMs - StartMs)), delay);
        }

        while (wheel.MillisecondsToNext(_nowMs) is >= 0 and var wait)
        {
            _nowMs += Math.Max(1, wait);
            wheel.Advance(_nowMs);
        }

        Assert.Equal(delays, expiredAt);
    }

    [Property(MaxTest = 300)]
    public bool The_wheel_does_what_a_list_would(NonEmptyArray<(byte Timer, int Kind, PositiveInt Value)> steps)
    {
        TimerWheel wheel = NewWheel();
        var model = new long?[8];
        var expired = new List<int>();
        CallbackTimer[] timers = [.. Enumerable.Range(0, model.Length).Select(i => new CallbackTimer(() => expired.Add(i)))];
        _nowMs = StartMs;
        foreach ((byte which, int kind, PositiveInt value) in steps.Get)
        {
            int i = which % model.Length;

            // Delays and steps of all sizes: some ms, seconds, minutes, hours.
            long scale = (long)Math.Pow(16, Math.Abs((long)kind) % 7);
            switch (Math.Abs((long)kind) % 4)
            {
                case 0 or 1:
                    wheel.Schedule(timers[i], value.Get * scale);
                    model[i] = _nowMs + (value.Get * scale);
                    break;
                case 2:
                    wheel.Cancel(timers[i]);
                    model[i] = null;
                    break;
                default:
                    _nowMs += value.Get * scale / 4;
                    wheel.Advance(_nowMs);
                    long?[] due = [.. model.Where(each => each <= _nowMs).Order()];
                    if (!due.SequenceEqual(expired.Select(each => model[each])))
                    {
                        return false;
                    }

                    expired.ForEach(each => model[each] = null);
                    expired.Clear();
                    break;
            }

            long? next = model.Min();
            int wait = wheel.MillisecondsToNext(_nowMs);
            bool sleepsWell = next is null ? wait == -1 : wait >= 0 && wait <= next - _nowMs;
            if (!sleepsWell || timers.Where((timer, index) => timer.IsScheduled != model[index].HasValue).Any())
            {
                return false;
            }
        }

        return true;
    }
}
