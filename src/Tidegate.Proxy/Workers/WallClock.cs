using System.Diagnostics;

namespace Tidegate.Proxy.Workers;

/// <summary>
/// The wall clock for logs, derived from the loop's monotonic clock so that it costs no call per request; set anew every
/// second, so that a clock that is put right shows soon.
/// </summary>
internal sealed class WallClock
{
    private long _baseTicks;
    private readonly byte[] _date = new byte[29];
    private long _baseUs = long.MinValue;
    private long _dateSecond = -1;

    /// <summary>The date as HTTP writes it (RFC 9110, section 5.6.7): <c>Sun, 06 Nov 1994 08:49:37 GMT</c>.</summary>
    public ReadOnlySpan<byte> DateAt(long nowUs)
    {
        long ticks = TicksAt(nowUs);
        long second = ticks / TimeSpan.TicksPerSecond;
        if (second != _dateSecond)
        {
            _dateSecond = second;
            new DateTime(ticks, DateTimeKind.Utc).TryFormat(_date, out _, "R", System.Globalization.CultureInfo.InvariantCulture);
        }

        return _date;
    }

    /// <summary>UTC ticks at a time of the loop.</summary>
    public long TicksAt(long nowUs)
    {
        long elapsedUs = nowUs - _baseUs;
        if (_baseUs == long.MinValue || elapsedUs > 1_000_000)
        {
            _baseTicks = DateTime.UtcNow.Ticks;
            _baseUs = nowUs;
            return _baseTicks;
        }

        Debug.Assert(elapsedUs >= 0, "the loop's clock never goes back");
        return _baseTicks + (elapsedUs * TimeSpan.TicksPerMicrosecond);
    }
}
