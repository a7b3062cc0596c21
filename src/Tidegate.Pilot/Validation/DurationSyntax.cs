namespace Tidegate.Pilot.Validation;

/// <summary>What Istio takes for a duration that is in force: at least a millisecond, and whole milliseconds.</summary>
internal static class DurationSyntax
{
    /// <summary>Null, or what is wrong; a duration that is not given is right.</summary>
    public static string? Check(TimeSpan? duration) =>
        duration is not { } given ? null
        : given < TimeSpan.FromMilliseconds(1) ? "duration must be greater than 1ms"
        : given.Ticks % TimeSpan.TicksPerMillisecond != 0 ? "only durations to ms precision are supported"
        : null;
}
