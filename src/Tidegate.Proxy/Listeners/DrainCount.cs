namespace Tidegate.Proxy.Listeners;

/// <summary>How many workers still have connections of a listener, or of a filter chain, that is not configured any more. A gauge counts those that any worker has.</summary>
internal sealed class DrainCount
{
    private int _workers;

    /// <summary>A worker has some.</summary>
    public void Begin(ref long gauge)
    {
        if (Interlocked.Increment(ref _workers) == 1)
        {
            Interlocked.Increment(ref gauge);
        }
    }

    /// <summary>It has none any more.</summary>
    public void End(ref long gauge)
    {
        if (Interlocked.Decrement(ref _workers) == 0)
        {
            Interlocked.Decrement(ref gauge);
        }
    }
}
