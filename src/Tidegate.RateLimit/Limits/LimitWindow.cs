using Unit = Envoy.Service.Ratelimit.V3.RateLimitResponse.Types.RateLimit.Types.Unit;

namespace Tidegate.RateLimit.Limits;

/// <summary>Fixed windows of time: each begins at a multiple of its length since 1970, as with the well-known server; months have 30 days and years 365.</summary>
public static class LimitWindow
{
    /// <summary>How long the windows of a unit are, in seconds.</summary>
    public static long SecondsOf(Unit unit) => unit switch
    {
        Unit.Second => 1,
        Unit.Minute => 60,
        Unit.Hour => 3600,
        Unit.Day => 86_400,
        Unit.Week => 7 * 86_400,
        Unit.Month => 30 * 86_400,
        Unit.Year => 365 * 86_400,
        _ => throw new ArgumentOutOfRangeException(nameof(unit), unit, "no unit of time"),
    };

    /// <summary>When the present window began.</summary>
    /// <param name="unit">Its unit.</param>
    /// <param name="now">Seconds since 1970.</param>
    public static long StartOf(Unit unit, long now) => now - (now % SecondsOf(unit));

    /// <summary>In how many seconds it ends.</summary>
    /// <param name="unit">Its unit.</param>
    /// <param name="now">Seconds since 1970.</param>
    public static long RestOf(Unit unit, long now) => SecondsOf(unit) - (now % SecondsOf(unit));
}
