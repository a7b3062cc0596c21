using System.Globalization;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary>The HTTP status codes that have a name in Go's <c>net/http</c>: only these are codes in <c>retryOn</c>.</summary>
internal static class HttpStatus
{
    public static bool TryParse(string text, out uint code) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out code) && IsKnown(code);

    private static bool IsKnown(uint code) => code
        is >= 100 and <= 103
        or >= 200 and <= 208 or 226
        or (>= 300 and <= 308 and not 306)
        or (>= 400 and <= 418) or (>= 421 and <= 426) or 428 or 429 or 431 or 451
        or (>= 500 and <= 508) or 510 or 511;
}
