namespace Tidegate.Proxy.Telemetry;

/// <summary>The sum of some workers' histograms at one time. Not thread-safe; made by whoever samples.</summary>
public sealed class HistogramSnapshot
{
    private readonly long[]?[] _decades = new long[]?[Histogram.DecadeCount];

    /// <summary>How many values were recorded.</summary>
    public long Count { get; private set; }

    /// <summary>The sum of all values.</summary>
    public long Sum { get; private set; }

    /// <summary>Adds what a worker has recorded.</summary>
    public void Add(Histogram histogram)
    {
        Sum += histogram.Sum;
        for (int decade = 0; decade < Histogram.DecadeCount; decade++)
        {
            long[]? counts = histogram.Decade(decade);
            if (counts is null)
            {
                continue;
            }

            long[] total = _decades[decade] ??= new long[counts.Length];
            for (int bucket = 0; bucket < counts.Length; bucket++)
            {
                long count = Volatile.Read(ref counts[bucket]);
                total[bucket] += count;
                Count += count;
            }
        }
    }

    /// <summary>How many values are at most <paramref name="bound"/>; exact when the bound has two significant digits.</summary>
    public long CountUpTo(double bound)
    {
        long count = 0;
        for (int decade = 0; decade < Histogram.DecadeCount; decade++)
        {
            long[]? counts = _decades[decade];
            for (int bucket = 0; counts is not null && bucket < counts.Length; bucket++)
            {
                if (Histogram.UpperBound(decade, bucket) > bound)
                {
                    return count;
                }

                count += counts[bucket];
            }
        }

        return count;
    }

    /// <summary>
    /// The value below which <paramref name="quantile"/> (0 to 1) of the values lie, interpolated inside its bucket;
    /// not a number when nothing was recorded.
    /// </summary>
    public double Quantile(double quantile)
    {
        if (Count == 0)
        {
            return double.NaN;
        }

        double rank = Math.Max(1, quantile * Count);
        long seen = 0;
        long last = 0;
        for (int decade = 0; decade < Histogram.DecadeCount; decade++)
        {
            long[]? counts = _decades[decade];
            for (int bucket = 0; counts is not null && bucket < counts.Length; bucket++)
            {
                if (counts[bucket] == 0)
                {
                    continue;
                }

                last = Histogram.UpperBound(decade, bucket);
                if (seen + counts[bucket] < rank)
                {
                    seen += counts[bucket];
                    continue;
                }

                if (decade == 0)
                {
                    return last;
                }

                long lower = bucket == 0 ? Histogram.UpperBound(decade - 1, decade == 1 ? 100 : Histogram.DecadeBuckets - 1) : Histogram.UpperBound(decade, bucket - 1);
                return lower + ((last - lower) * (rank - seen) / counts[bucket]);
            }
        }

        return last;
    }
}
