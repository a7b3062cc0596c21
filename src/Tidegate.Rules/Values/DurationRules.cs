namespace Tidegate.Rules.Values;

/// <summary>What a duration may be where it is acted on. Gives null, or what is wrong, in Istio's words.</summary>
public static class DurationRules
{
    /// <summary>At least a millisecond, and whole milliseconds; one that is not given is right.</summary>
    public static string? Check(TimeSpan? duration) =>
        duration is not { } given ? null
        : given < TimeSpan.FromMilliseconds(1) ? "duration must be greater than 1ms"
        : given.Ticks % TimeSpan.TicksPerMillisecond != 0 ? "only durations to ms precision are supported"
        : null;
}
