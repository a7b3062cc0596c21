using System.Buffers;
using System.Globalization;

namespace Tidegate.Pilot.Sources.Reading;

/// <summary>Durations as people write them in Istio's YAML: Go's form, which has protobuf's as a part (<c>1.5s</c>).</summary>
public static class GoDurationText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>
    /// Reads <c>[-+]number unit [number unit ...]</c>, with the units ns, us, µs, ms, s, m, h; also a bare 0. What is finer than a tick (100 ns) is rounded
    /// away from zero, so that it is not taken for a whole number of anything.
    /// </summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text;
        bool isNegative = rest is ['-', ..];
        rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
        if (rest is "0")
        {
            return true;
        }

        decimal ticks = 0;
        if (rest.IsEmpty || text.Length > 64)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                return false;
            }

            rest = rest[digits..];
            int letters = rest.IndexOfAny(NumberCharacters);
            ReadOnlySpan<char> unit = letters < 0 ? rest : rest[..letters];
            decimal? ticksPerUnit = unit switch
            {
                "ns" => 0.01m,
                "us" or "µs" or "μs" => TimeSpan.TicksPerMicrosecond,
                "ms" => TimeSpan.TicksPerMillisecond,
                "s" => TimeSpan.TicksPerSecond,
                "m" => TimeSpan.TicksPerMinute,
                "h" => TimeSpan.TicksPerHour,
                _ => null,
            };
            if (ticksPerUnit is null || number > 1_000_000_000_000m)
            {
                return false;
            }

            ticks += number * ticksPerUnit.Value;
            rest = rest[unit.Length..];
        }

        // Go counts nanoseconds in 64 bits.
        ticks = Math.Ceiling(ticks);
        if (ticks > long.MaxValue / 100)
        {
            return false;
        }

        duration = TimeSpan.FromTicks(isNegative ? -(long)ticks : (long)ticks);
        return true;
    }
}
