using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Pilot.Translation;

/// <summary>Time spans as protobuf's durations.</summary>
internal static class Durations
{
    /// <summary>The longest duration that protobuf's JSON knows: about 10,000 years.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(Duration.MaxSeconds);

    /// <summary>The duration; one that is too long for protobuf is the longest there is.</summary>
    public static Duration Of(TimeSpan value) => Duration.FromTimeSpan(value > Longest ? Longest : value < -Longest ? -Longest : value);

    /// <summary>The same; null for none.</summary>
    public static Duration? OfNullable(TimeSpan? value) => value is { } given ? Of(given) : null;
}
