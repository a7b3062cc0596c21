using System.Numerics;

namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// Counts of non-negative whole numbers (milliseconds, bytes) in log-linear buckets: 0 to 100 one by one, above that 90 buckets
/// to the power of ten, each open below and closed above. So every bound that has two significant digits (all of
/// <see cref="PrometheusBounds"/>) is met exactly, and a quantile is wrong by 10 % at most.
/// One worker records; a sampler reads racily. Recording allocates nothing once a power of ten has been seen; one that nothing was recorded in holds nothing.
/// </summary>
public sealed class Histogram
{
    /// <summary>The largest value that is told apart; larger ones count as this.</summary>
    public const long MaxValue = 1_000_000_000_000_000;

    internal const int DecadeCount = 14;
    internal const int FirstDecadeBuckets = 101;
    internal const int DecadeBuckets = 90;

    private static readonly long[] PowersOfTen = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, MaxValue];

    // The number of decimal digits of 2^n; one too many when the number itself is below the next power of ten.
    private static readonly byte[] DigitsOfLog2 = MakeDigits();

    private long[]?[]? _decades;
    private long _sum;

    /// <summary>The bounds of the buckets in Prometheus text and in <c>/stats</c>, Envoy's default, in the value's unit.</summary>
    public static IReadOnlyList<double> PrometheusBounds { get; } =
        [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000];

    /// <summary>Counts one value. A negative one counts as 0.</summary>
    public void Record(long value)
    {
        if ((ulong)value <= 100)
        {
            _sum += value;
            DecadeOf(0)[value]++;
            return;
        }

        RecordLarge(value);
    }

    internal long Sum => Volatile.Read(ref _sum);

    internal long[]? Decade(int index) => Volatile.Read(ref _decades) is { } decades ? Volatile.Read(ref decades[index]) : null;

    /// <summary>The upper bound, included, of a bucket.</summary>
    internal static long UpperBound(int decade, int bucket) =>
        decade == 0 ? bucket : (bucket + 11) * PowersOfTen[decade];

    private void RecordLarge(long value)
    {
        value = value < 0 ? 0 : Math.Min(value, MaxValue);
        _sum += value;
        if (value <= 100)
        {
            DecadeOf(0)[value]++;
            return;
        }

        // Buckets are closed above: value 110 belongs to (100, 110], so it is one less that is looked up.
        long below = value - 1;
        int digits = DigitsOfLog2[BitOperations.Log2((ulong)below)];
        if (below < PowersOfTen[digits - 1])
        {
            digits--;
        }

        int decade = digits - 2;
        long bucket = (below / PowersOfTen[decade]) - 10;
        DecadeOf(decade)[bucket]++;
    }

    private long[] DecadeOf(int decade) => _decades?[decade] ?? AddDecade(decade);

    private long[] AddDecade(int decade)
    {
        if (_decades is null)
        {
            Volatile.Write(ref _decades, new long[]?[DecadeCount]);
        }

        var counts = new long[decade == 0 ? FirstDecadeBuckets : DecadeBuckets];
        Volatile.Write(ref _decades![decade], counts);
        return counts;
    }

    private static byte[] MakeDigits()
    {
        var digits = new byte[64];
        for (int i = 0; i < 50; i++)
        {
            // The most digits that a number with this highest bit can have.
            digits[i] = (byte)((1L << i) * 2 - 1).ToString(System.Globalization.CultureInfo.InvariantCulture).Length;
        }

        return digits;
    }
}
