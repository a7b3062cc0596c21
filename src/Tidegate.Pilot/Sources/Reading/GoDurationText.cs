using System.Buffers;
using System.Globalization;

namespace Tidegate.Pilot.Sources.Reading;

/// <summary>Durations as people write them in Istio's YAML: Go's form, which has protobuf's as a part (<c>1.5s</c>).</summary>
public static class GoDurationText
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Reads <c>[-]number unit [number unit ...]</c>, with the units ns, us, µs, ms, s, m, h; also a bare 0.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text.AsSpan().Trim();
        if (rest is "0")
        {
            return true;
        }

        bool isNegative = rest.StartsWith("-");
        rest = rest.TrimStart('-');
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

        if (ticks > long.MaxValue)
        {
            return false;
        }

        duration = TimeSpan.FromTicks(isNegative ? -(long)ticks : (long)ticks);
        return true;
    }
}
