using System.Buffers;
using System.Globalization;

namespace Tidegate.Pilot.Translation;

/// <summary>Reads durations as Go writes them: <c>1h30m</c>, <c>500ms</c>, <c>1.5s</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    public static bool TryParse(string text, out TimeSpan value)
    {
        value = TimeSpan.Zero;
        var rest = text.AsSpan();
        if (rest.IsEmpty)
        {
            return false;
        }
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }
            rest = rest[digits..];
            var letters = rest.IndexOfAny(NumberCharacters);
            var unit = letters < 0 ? rest : rest[..letters];
            var seconds = unit switch
            {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 1e-3,
                "us" or "µs" => 1e-6,
                "ns" => 1e-9,
                _ => double.NaN,
            };
            if (double.IsNaN(seconds) || number * seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            {
                return false;
            }
            value += TimeSpan.FromSeconds(number * seconds);
            rest = rest[unit.Length..];
        }
        return true;
    }
}
