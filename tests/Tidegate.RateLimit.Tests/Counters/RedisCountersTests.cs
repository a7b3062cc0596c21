using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.RateLimit.Counters;

namespace Tidegate.RateLimit.Tests.Counters;

/// <summary>Counters in a real Redis: shared, and bounded in time when it is down, stands still, or starts again.</summary>
public sealed class RedisCountersTests
{
    // Far more than the timeout, far less than anybody's patience: a busy machine is slow.
    private static readonly TimeSpan Bounded = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Servers_count_together_and_keys_end_with_their_windows()
    {
        using RedisServer redis = Start();
        await using RedisCounters one = await ConnectAsync(redis);
        await using RedisCounters other = await ConnectAsync(redis);
        await UntilAsync(one);
        await UntilAsync(other);

        Assert.Equal("2 1", await CountAsync(one, [new("a", 2, 3600), new("b", 1, 3600)]));
        Assert.Equal("5 1", await CountAsync(other, [new("a", 3, 3600), new("b", 0, 3600)]));
        Assert.Null(one.Problem);

        await one.AddAsync([new("short", 1, 1)], Cancellation);
        while ((await one.AddAsync([new("short", 1, 1)], Cancellation))[0] != 1)
        {
            await Task.Delay(1100, Cancellation); // each look makes it live on
        }
    }

    [Fact]
    public async Task A_Redis_that_is_not_there_fails_in_time_and_is_found_when_it_comes()
    {
        using RedisServer redis = Start();
        redis.Kill();
        await using RedisCounters counters = await ConnectAsync(redis);
        Assert.NotNull(counters.Problem);
        await FailsInTimeAsync(counters);

        redis.Restart();

        await UntilAsync(counters);
        Assert.Null(counters.Problem);
    }

    [Fact]
    public async Task A_Redis_that_stands_still_or_starts_again_costs_its_time_and_no_more()
    {
        using RedisServer redis = Start();
        await using RedisCounters counters = await ConnectAsync(redis);
        await UntilAsync(counters);

        redis.Signal("STOP");
        await FailsInTimeAsync(counters);
        redis.Signal("CONT");
        await UntilAsync(counters);

        redis.Kill();
        await FailsInTimeAsync(counters);
        redis.Restart();
        await UntilAsync(counters);
    }

    private static RedisServer Start()
    {
        Assert.SkipUnless(RedisServer.IsInstalled, "redis-server is not installed");
        return new RedisServer();
    }

    private static Task<RedisCounters> ConnectAsync(RedisServer redis) =>
        RedisCounters.ConnectAsync($"127.0.0.1:{redis.Port}", TimeSpan.FromMilliseconds(250), NullLogger.Instance);

    private static async Task<string> CountAsync(RedisCounters counters, params CounterHit[] hits) => string.Join(' ', await counters.AddAsync(hits, Cancellation));

    private static async Task FailsInTimeAsync(RedisCounters counters)
    {
        long begin = Stopwatch.GetTimestamp();
        await Assert.ThrowsAsync<CountersUnavailableException>(async () =>
        {
            // What was under way when it fell may still be answered.
            for (int i = 0; i < 10; i++)
            {
                await counters.AddAsync([new("x", 1, 60)], Cancellation);
            }
        });
        Assert.True(Stopwatch.GetElapsedTime(begin) < Bounded, "it fails in bounded time");
    }

    private static async Task UntilAsync(RedisCounters counters)
    {
        while (true)
        {
            try
            {
                await counters.AddAsync([new("probe", 1, 60)], Cancellation);
                return;
            }
            catch (CountersUnavailableException)
            {
                await Task.Delay(20, Cancellation);
            }
        }
    }
}
