using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Hosting.Background;

namespace Tidegate.Hosting.Tests.Background;

public sealed class BackgroundWorkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _log = new();
    private readonly BackgroundWork _work;

    public BackgroundWorkTests() => _work = new BackgroundWork(_log, _time);

    [Fact]
    public async Task A_turn_that_fails_is_followed_by_another_after_a_pause_that_grows()
    {
        using var turns = new SemaphoreSlim(0);
        await using BackgroundLoop loop = _work.Repeat("counting", _ =>
        {
            turns.Release();
            throw new InvalidOperationException("broken");
        });

        await AssertTurnAsync(turns);
        await AssertTurnAfterAsync(turns, 100);
        await AssertTurnAfterAsync(turns, 200);
        await AssertTurnAfterAsync(turns, 400);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 200)]
    [InlineData(9, 25_600)]
    [InlineData(10, 30_000)]
    [InlineData(int.MaxValue, 30_000)]
    public void The_pause_doubles_up_to_its_limit(int failures, double milliseconds) =>
        Assert.Equal(milliseconds, new BackOff().After(failures).TotalMilliseconds);

    [Fact]
    public async Task The_same_failure_is_told_once_and_counted_each_time_and_its_end_is_told()
    {
        int turn = 0;
        using var turns = new SemaphoreSlim(0);
        var rest = new TaskCompletionSource();
        await using BackgroundLoop loop = _work.Repeat("counting", async stopping =>
        {
            turn++;
            turns.Release();
            if (turn <= 2)
            {
                throw new InvalidOperationException("broken");
            }

            if (turn > 3)
            {
                await rest.Task.WaitAsync(stopping);
            }
        });
        await AssertTurnAsync(turns);
        await AssertTurnAfterAsync(turns, 100);
        await AssertTurnAfterAsync(turns, 200);
        await AssertTurnAsync(turns);

        Assert.Equal(2, _work.Failures);
        Assert.Equal(["Error: unexpected failure while counting; it goes on", "Information: counting works again"], _log.Lines);
    }

    [Fact]
    public async Task Work_that_is_stopped_ends_and_says_so_to_its_owner()
    {
        using var turns = new SemaphoreSlim(0);
        var ended = new TaskCompletionSource();
        BackgroundLoop loop = _work.Repeat(
            "waiting",
            async stopping =>
            {
                turns.Release();
                await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
            },
            ended.SetResult);
        await AssertTurnAsync(turns);

        await loop.DisposeAsync();

        await ended.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Empty(_log.Lines);
        Assert.Equal(0, _work.Failures);
    }

    [Fact]
    public async Task A_failure_of_a_timer_a_queued_call_or_a_single_task_ends_nothing_and_is_told()
    {
        using ITimer timer = _work.Every("ticking", TimeSpan.FromSeconds(1), static () => throw new InvalidOperationException("tick"));
        _time.Advance(TimeSpan.FromSeconds(2));
        _work.Guard("guarding", static () => throw new InvalidOperationException("guard"));
        Assert.Equal(3, _work.Failures);

        _work.Run("running", static () => throw new InvalidOperationException("run"));
        _work.Queue("queueing", static () => throw new InvalidOperationException("queue"));
        await _log.HasAsync(5).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(
            ["guarding", "queueing", "running", "ticking", "ticking"],
            _log.Lines.Select(static line => line.Split("while ")[1].Split(';')[0]).Order(StringComparer.Ordinal));
    }

    private static async Task AssertTurnAsync(SemaphoreSlim turns) => Assert.True(await turns.WaitAsync(Patience, TestContext.Current.CancellationToken));

    // The pause may begin a little after the turn was seen: the clock is turned until it is over.
    private async Task AssertTurnAfterAsync(SemaphoreSlim turns, long milliseconds)
    {
        Assert.Equal(0, turns.CurrentCount);
        while (!await turns.WaitAsync(TimeSpan.FromMilliseconds(1), TestContext.Current.CancellationToken))
        {
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        }
    }

    private sealed class LogLines : ILogger
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> Lines
        {
            get
            {
                lock (_lines)
                {
                    return [.. _lines];
                }
            }
        }

        public async Task HasAsync(int count)
        {
            while (Lines.Count < count)
            {
                await Task.Yield();
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add($"{logLevel}: {formatter(state, exception)}");
            }
        }
    }
}
