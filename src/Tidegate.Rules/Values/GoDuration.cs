using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tidegate.Rules.Values;

/// <summary>Durations as people write them in Istio's YAML: Go's form, which has protobuf's as a part (<c>1.5s</c>).</summary>
public static class GoDuration
{
    /// <summary>What would be right where there is no duration.</summary>
    public const string Expected = "a duration with a unit, such as 1.5s, 100ms or 1h";

    /// <summary>Go counts nanoseconds in 64 bits, which end after 292 years: 2,562,047 h 47 min 16.85 s.</summary>
    private const decimal MaxNanoseconds = long.MaxValue;

    private const int MaxTextLength = 64;

    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    private static readonly (string Name, long Ticks)[] Units =
        [("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond)];

    /// <summary>
    /// Reads <c>[-]number unit [number unit ...]</c>, with the units ns, us, µs, ms, s, m, h; also a bare 0. Gives null, or what would be right.
    /// Parts of 100 ns are rounded up, so that a duration never becomes shorter, and none becomes 0.
    /// </summary>
    /// <param name="text">The duration.</param>
    /// <param name="duration">What it says.</param>
    public static string? Read(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        if (rest is "0")
        {
            return null;
        }

        bool isNegative = rest.StartsWith("-");
        rest = isNegative || rest.StartsWith("+") ? rest[1..] : rest;
        decimal nanoseconds = 0;
        if (rest.IsEmpty || text.Length > MaxTextLength)
        {
            return Expected;
        }

        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                return Expected;
            }

            rest = rest[digits..];
            int letters = rest.IndexOfAny(NumberCharacters);
            ReadOnlySpan<char> unit = letters < 0 ? rest : rest[..letters];
            decimal? nanosecondsPerUnit = unit switch
            {
                "ns" => 1,
                "us" or "µs" or "μs" => 1_000,
                "ms" => 1_000_000,
                "s" => 1_000_000_000,
                "m" => 60_000_000_000,
                "h" => 3_600_000_000_000,
                _ => null,
            };
            if (nanosecondsPerUnit is null)
            {
                return Expected;
            }

            if (number > MaxNanoseconds / nanosecondsPerUnit.Value || (nanoseconds += number * nanosecondsPerUnit.Value) > MaxNanoseconds)
            {
                return "a duration of at most 2562047h47m16.854s, which is Go's longest";
            }

            rest = rest[unit.Length..];
        }

        long ticks = (long)decimal.Ceiling(nanoseconds / TimeSpan.NanosecondsPerTick);
        duration = TimeSpan.FromTicks(isNegative ? -ticks : ticks);
        return null;
    }

    /// <summary>Writes a duration in the largest units that show it whole: <c>1h30m</c>, <c>500ms</c>, <c>0</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0";
        }

        var text = new StringBuilder();
        long ticks = duration.Ticks;
        if (ticks < 0)
        {
            text.Append('-');
            ticks = -ticks;
        }

        foreach ((string unit, long ticksPerUnit) in Units)
        {
            long count = ticks / ticksPerUnit;
            ticks -= count * ticksPerUnit;
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }

        return text.ToString();
    }
}
