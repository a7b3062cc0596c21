using System.Buffers.Text;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Filters.RateLimits;

/// <summary>How many hits a request is to a limit (Envoy: <c>RateLimit.HitsAddend</c>). Immutable.</summary>
/// <param name="number">The number, where no format makes it.</param>
/// <param name="format">What makes it; null for the number.</param>
internal sealed class HitsAddend(uint number, TextFormat? format)
{
    /// <summary>The most that a request can be.</summary>
    public const uint Max = 1_000_000_000;

    /// <summary>The number. False: what makes it is none.</summary>
    public bool TryGet(HttpExchange exchange, out uint hits)
    {
        hits = number;
        if (format is null)
        {
            return true;
        }

        Span<byte> text = stackalloc byte[64];
        int length = format.Format(exchange, text);
        if (length <= 0 || !Utf8Parser.TryParse(text[..length], out double value, out int read) || read != length || !(value is >= 0 and <= Max))
        {
            return false;
        }

        hits = (uint)value;
        return true;
    }
}
