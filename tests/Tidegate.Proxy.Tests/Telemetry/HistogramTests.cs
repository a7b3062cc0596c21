using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Tests.Telemetry;

public sealed class HistogramTests
{
    [Property(MaxTest = 200)]
    public bool Counts_at_the_prometheus_bounds_equal_those_of_a_plain_list(int[] seeds)
    {
        long[] values = [.. seeds.Select(Spread)];
        HistogramSnapshot snapshot = Record(values);

        return snapshot.Count == values.Length
            && snapshot.Sum == values.Sum()
            && Histogram.PrometheusBounds.All(bound => snapshot.CountUpTo(bound) == values.Count(value => value <= bound));
    }

    [Property(MaxTest = 200)]
    public bool A_quantile_is_at_most_ten_percent_off(NonEmptyArray<int> seeds, byte at)
    {
        long[] values = [.. seeds.Get.Select(Spread).Order()];
        double quantile = at / 255.0;
        double found = Record(values).Quantile(quantile);
        long expected = values[(int)Math.Max(0, Math.Ceiling(quantile * values.Length) - 1)];

        return Math.Abs(found - expected) <= Math.Max(0.0001, expected * 0.1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(110)]
    [InlineData(111)]
    [InlineData(1000)]
    [InlineData(1001)]
    [InlineData(999_999_999_999)]
    [InlineData(1_000_000_000_000)]
    [InlineData(Histogram.MaxValue)]
    [InlineData(long.MaxValue)]
    public void A_value_lands_in_the_bucket_that_ends_at_or_above_it(long value)
    {
        HistogramSnapshot snapshot = Record([value]);
        long shown = Math.Min(value, Histogram.MaxValue);

        Assert.Equal(1, snapshot.CountUpTo(shown * 1.1));
        Assert.Equal(0, snapshot.CountUpTo((shown * 0.9) - 1));
    }

    [Fact]
    public void A_negative_value_counts_as_zero()
    {
        HistogramSnapshot snapshot = Record([-5]);

        Assert.Equal(1, snapshot.CountUpTo(0));
        Assert.Equal(0, snapshot.Sum);
    }

    [Fact]
    public void Nothing_recorded_has_no_quantile() => Assert.True(double.IsNaN(Record([]).Quantile(0.5)));

    [Fact]
    public void Workers_add_up()
    {
        var first = new Histogram();
        var second = new Histogram();
        first.Record(3);
        second.Record(4000);
        var snapshot = new HistogramSnapshot();
        snapshot.Add(first);
        snapshot.Add(second);

        Assert.Equal((2, 4003), (snapshot.Count, snapshot.Sum));
        Assert.Equal(1, snapshot.CountUpTo(5));
    }

    [Fact]
    public void Recording_allocates_nothing_once_a_power_of_ten_was_seen()
    {
        var histogram = new Histogram();
        for (long value = 1; value < 1_000_000; value *= 3)
        {
            histogram.Record(value);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++)
        {
            histogram.Record(i * 37 % 500_000);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    // From 0 to some 10^9 with all magnitudes about equally often.
    private static long Spread(int seed)
    {
        long value = Math.Abs((long)seed) * 2654435761L & 0x3FFF_FFFF;
        return value >> (int)(value % 30);
    }

    private static HistogramSnapshot Record(IEnumerable<long> values)
    {
        var histogram = new Histogram();
        foreach (long value in values)
        {
            histogram.Record(value);
        }

        var snapshot = new HistogramSnapshot();
        snapshot.Add(histogram);
        return snapshot;
    }
}
