using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Xunit;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Tests.Exchanges;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("1H", 3_600_000L)]
    [InlineData("2M", 120_000L)]
    [InlineData("3S", 3000L)]
    [InlineData("4m", 4L)]
    [InlineData("5u", 1L)]
    [InlineData("1000001n", 2L)]
    [InlineData("0m", 0L)]
    [InlineData("99999999H", 99_999_999L * 3_600_000)]
    [InlineData("100000000H", null)]
    [InlineData("H", null)]
    [InlineData("", null)]
    [InlineData("1", null)]
    [InlineData("-1S", null)]
    [InlineData("1.5S", null)]
    [InlineData(" 1S", null)]
    [InlineData("1s", null)]
    public void S20_a_timeout_is_up_to_eight_digits_and_a_unit(string text, long? milliseconds) =>
        Assert.Equal(milliseconds, GrpcTimeout.Parse(Encoding.ASCII.GetBytes(text)));

    [Property]
    public bool Whatever_comes_is_null_or_a_time(byte[] bytes) => GrpcTimeout.Parse(bytes) is null or >= 0;

    [Property]
    public bool Every_number_of_milliseconds_is_read(NonNegativeInt number)
    {
        string digits = (number.Get % 100_000_000).ToString(CultureInfo.InvariantCulture);
        return GrpcTimeout.Parse(Encoding.ASCII.GetBytes(digits + "m")) == long.Parse(digits, CultureInfo.InvariantCulture);
    }
}
