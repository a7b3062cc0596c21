namespace Tidegate.Hosting.Background;

/// <summary>How long to wait after one failure and the next: twice as long each time, up to a limit.</summary>
/// <param name="FirstMs">After the first failure, milliseconds.</param>
/// <param name="LimitMs">At most, milliseconds.</param>
public sealed record BackOff(long FirstMs = 100, long LimitMs = 30_000)
{
    /// <summary>The pause after so many failures in a row.</summary>
    public TimeSpan After(int failures)
    {
        int doublings = Math.Clamp(failures - 1, 0, 30);
        return TimeSpan.FromMilliseconds(Math.Min(LimitMs, FirstMs << doublings));
    }
}
