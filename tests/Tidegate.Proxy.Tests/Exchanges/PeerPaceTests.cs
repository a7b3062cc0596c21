using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Exchanges;

/// <summary>Who is too slow and who only takes his time, with the limits that hold by default (edge.md, S02 and S03).</summary>
public sealed class PeerPaceTests
{
    private static readonly ProxyOptions Options = new();

    private PeerPace _pace;
    private long _nowMs = 1_000;
    private long _bytes;

    [Fact]
    public void A_download_of_60_MB_at_20_kB_a_second_lives()
    {
        _pace.BeginWait(_nowMs, _bytes);
        for (int second = 0; second < 3_000; second++)
        {
            Assert.False(IsSlowAfter(1_000, 20_000));
        }

        Assert.Equal(60_000_000, _bytes);
    }

    [Fact]
    public void An_upload_that_was_fast_may_pause()
    {
        _pace.BeginWait(_nowMs, _bytes);
        Assert.False(IsSlowAfter(1_000, 100_000));

        Assert.False(IsSlowAfter(25_000, 0)); // 29.999 s are the limit of standing still
        Assert.False(IsSlowAfter(4_999, 0));
    }

    [Fact]
    public void Who_stands_still_for_the_whole_time_is_too_slow_however_fast_he_was()
    {
        _pace.BeginWait(_nowMs, _bytes);
        Assert.False(IsSlowAfter(1_000, 100_000_000));

        Assert.True(IsSlowAfter(30_000, 0));
    }

    [Fact]
    public void A_first_pause_within_the_grace_is_nothing()
    {
        _pace.BeginWait(_nowMs, _bytes);

        Assert.False(IsSlowAfter(9_999, 0));
        Assert.False(IsSlowAfter(1, 2_400)); // and then the average is right
    }

    [Theory]
    [InlineData(240, false)]
    [InlineData(239, true)]
    public void Who_drips_is_judged_by_the_average(int bytesPerSecond, bool isSlow)
    {
        _pace.BeginWait(_nowMs, _bytes);
        bool wasSlow = false;
        for (int second = 0; second < 20; second++)
        {
            wasSlow = IsSlowAfter(1_000, bytesPerSecond);
        }

        Assert.Equal(isSlow, wasSlow);
    }

    [Fact]
    public void Time_that_nobody_waited_for_him_does_not_count()
    {
        for (int i = 0; i < 100; i++)
        {
            _pace.BeginWait(_nowMs, _bytes);
            Assert.False(IsSlowAfter(100, 24));
            _pace.EndWait(_nowMs);
            _nowMs += 60_000; // the other side took its time
        }
    }

    private bool IsSlowAfter(long milliseconds, long bytes)
    {
        _nowMs += milliseconds;
        _bytes += bytes;
        return _pace.IsSlow(_nowMs, _bytes, Options.RequestBodyIdleTimeoutMs, Options.RequestRateGraceMs, Options.MinRequestBytesPerSecond);
    }
}
