using Tidegate.Rules.Values;

namespace Tidegate.Rules.Tests.Values;

public sealed class GoDurationFormatTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("250us", 0.25)]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("1m30s", 90_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("-1h1s", -3_601_000)]
    public void What_is_written_is_read_as_the_same(string text, double milliseconds)
    {
        Assert.Null(GoDuration.Read(text, out TimeSpan duration));

        Assert.Equal(milliseconds, duration.TotalMilliseconds);
        Assert.Equal(text, GoDuration.Format(duration));
    }
}
