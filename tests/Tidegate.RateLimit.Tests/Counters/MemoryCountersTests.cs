using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.RateLimit.Counters;

namespace Tidegate.RateLimit.Tests.Counters;

/// <summary>Counters in memory: each hit counts once, they outlive a restart, and there never are too many.</summary>
public sealed class MemoryCountersTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-counters-");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 30, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string StateFile => Path.Combine(_folder.FullName, "counters.json");

    [Fact]
    public async Task Quotas_outlive_a_restart_and_windows_that_are_over_do_not()
    {
        await using (MemoryCounters first = Counters(10, new CounterFile(StateFile)))
        {
            Assert.Equal("3 1", await CountAsync(first, [new("day", 3, 86_400), new("second", 1, 1)]));
        }

        _time.Advance(TimeSpan.FromSeconds(5));
        await using (MemoryCounters second = Counters(10, new CounterFile(StateFile)))
        {
            Assert.Equal("4 0", await CountAsync(second, [new("day", 1, 86_400), new("second", 0, 1)]));
            second.Tidy();
            await using MemoryCounters crashed = Counters(10, new CounterFile(StateFile)); // what was kept before the end
            Assert.Equal("4", await CountAsync(crashed, [new("day", 0, 86_400)]));
        }
    }

    [Fact]
    public void A_file_that_is_none_is_an_error_and_is_not_overwritten()
    {
        File.WriteAllText(StateFile, "{");

        IOException error = Assert.Throws<IOException>(() => Counters(10, new CounterFile(StateFile)));

        Assert.StartsWith($"{StateFile} is no file of counters: ", error.Message, StringComparison.Ordinal);
        Assert.Equal("{", File.ReadAllText(StateFile));
    }

    [Fact]
    public async Task Beyond_so_many_counters_there_are_none_until_windows_are_over()
    {
        await using MemoryCounters counters = Counters(2, file: null);
        await counters.AddAsync([new("a", 1, 60), new("b", 1, 3600)], Cancellation);

        await Assert.ThrowsAsync<CountersUnavailableException>(async () => await counters.AddAsync([new("c", 1, 60)], Cancellation));
        Assert.Equal("2", await CountAsync(counters, [new("b", 1, 3600)]));
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal("1", await CountAsync(counters, [new("c", 1, 60)]));
    }

    [Fact]
    public async Task Threads_count_each_hit_once()
    {
        await using MemoryCounters counters = Counters(1000, file: null);

        await Parallel.ForEachAsync(Enumerable.Range(0, 5000), Cancellation, async (i, cancellation) => await counters.AddAsync([new($"{i % 10}", 2, 60)], cancellation));

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("1000", await CountAsync(counters, [new($"{i}", 0, 60)]));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<string> CountAsync(MemoryCounters counters, params CounterHit[] hits) => string.Join(' ', await counters.AddAsync(hits, Cancellation));

    private MemoryCounters Counters(int max, CounterFile? file) => new(max, file, NullLogger.Instance, _time);
}
