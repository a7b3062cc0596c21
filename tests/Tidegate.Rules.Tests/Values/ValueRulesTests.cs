using FsCheck;
using FsCheck.Xunit;
using Tidegate.Rules.Values;

namespace Tidegate.Rules.Tests.Values;

/// <summary>What single values may be.</summary>
public sealed class ValueRulesTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1.5s", 1500)]
    [InlineData("1h10m", 4_200_000)]
    [InlineData("-1s", -1000)]
    [InlineData("+1s", 1000)]
    [InlineData("1000us", 1)]
    [InlineData("2562047h47m16.854s", 9_223_372_036_854)]
    public void A_duration_is_read_as_Go_reads_it(string text, double milliseconds)
    {
        Assert.Null(GoDuration.Read(text, out TimeSpan duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("99999999h", "a duration of at most 2562047h47m16.854s, which is Go's longest")]
    [InlineData("2562047h48m", "a duration of at most 2562047h47m16.854s, which is Go's longest")]
    [InlineData("10", "a duration with a unit, such as 1.5s, 100ms or 1h")]
    [InlineData("", "a duration with a unit, such as 1.5s, 100ms or 1h")]
    [InlineData("--1s", "a duration with a unit, such as 1.5s, 100ms or 1h")]
    [InlineData("1d", "a duration with a unit, such as 1.5s, 100ms or 1h")]
    public void Is_no_duration(string text, string expected) => Assert.Equal(expected, GoDuration.Read(text, out _));

    [Theory]
    [InlineData("1.000000001s", "only durations to ms precision are supported")]
    [InlineData("1ns", "duration must be greater than 1ms")]
    [InlineData("0", "duration must be greater than 1ms")]
    [InlineData("1ms", null)]
    public void A_duration_that_is_acted_on_has_whole_milliseconds(string text, string? problem)
    {
        Assert.Null(GoDuration.Read(text, out TimeSpan duration));
        Assert.Equal(problem, DurationRules.Check(duration));
    }

    [Theory]
    [InlineData("10.0.0.1", 32, null)]
    [InlineData("::1", 128, null)]
    [InlineData("::ffff:10.0.0.1", 120, null)]
    [InlineData("10.0.0.0", 33, "prefix_len 33 is longer than the address 10.0.0.0")]
    [InlineData("127.1", 8, "\"127.1\" is no IP address")]
    [InlineData("010.0.0.1", 8, "\"010.0.0.1\" is no IP address")]
    [InlineData("[::1]", 8, "\"[::1]\" is no IP address")]
    [InlineData("example.com", 0, "\"example.com\" is no IP address")]
    [InlineData("", 0, "\"\" is no IP address")]
    public void A_range_is_an_address_and_some_of_its_bits(string address, long length, string? problem) => Assert.Equal(problem, AddressRules.CheckRange(address, length));

    [Theory]
    [InlineData(-1, false, false)]
    [InlineData(0, true, false)]
    [InlineData(65535, true, true)]
    [InlineData(65536, false, false)]
    public void A_port_is_a_number_of_sixteen_bits(long port, bool isPort, bool isMatched)
    {
        Assert.Equal(isPort, AddressRules.CheckPort(port) is null);
        Assert.Equal(isMatched, AddressRules.CheckMatchedPort(port) is null);
    }

    [Theory]
    [InlineData("a.example.com", true)]
    [InlineData("a.example.com:80", true)]
    [InlineData("10.0.0.1:65535", true)]
    [InlineData("[2001:db8::1]:443", true)]
    [InlineData("[::1]", true)]
    [InlineData("%", false)]
    [InlineData("%REQ(X)%", false)]
    [InlineData("a b", false)]
    [InlineData("a,b", false)]
    [InlineData("a:", false)]
    [InlineData("a:65536", false)]
    [InlineData("[1]", false)]
    [InlineData("", false)]
    [InlineData("a\r\nx: y", false)]
    public void An_authority_is_a_host_and_perhaps_a_port(string text, bool isAuthority) => Assert.Equal(isAuthority, HostRules.CheckAuthority(text) is null);

    [Theory]
    [InlineData(301, true)]
    [InlineData(308, true)]
    [InlineData(300, false)]
    [InlineData(304, false)]
    [InlineData(305, false)]
    [InlineData(306, false)]
    [InlineData(317, false)]
    [InlineData(399, false)]
    [InlineData(200, false)]
    public void A_redirect_code_is_one_that_there_is(int status, bool isRedirect) => Assert.Equal(isRedirect, StatusRules.CheckRedirect(status) is null);

    [Theory]
    [InlineData("x-a", true)]
    [InlineData("X_a.b~1", true)]
    [InlineData("X Frame Options", false)]
    [InlineData("a,b", false)]
    [InlineData("ä", false)]
    [InlineData("", false)]
    public void A_field_has_a_token_for_its_name(string name, bool isName) => Assert.Equal(isName, FieldRules.CheckName(name) is null);

    [Theory]
    [InlineData("/x", true)]
    [InlineData("/x; Domain=evil", false)]
    [InlineData("/\r\nset-cookie: a=b", false)]
    public void An_attribute_of_a_cookie_cannot_begin_another(string text, bool isAttribute) => Assert.Equal(isAttribute, CookieRules.CheckAttribute(text) is null);

    [Theory]
    [InlineData("*.example.com", true)]
    [InlineData("a.example.com", true)]
    [InlineData("*a.example.com", false)]
    [InlineData("*.*.com", false)]
    [InlineData("*.", false)]
    public void A_server_name_has_a_wildcard_for_its_whole_first_label(string name, bool isName) => Assert.Equal(isName, HostRules.CheckServerName(name) is null);

    [Property(MaxTest = 2000)]
    public bool Any_text_is_a_duration_or_says_what_would_be_one(NonNull<string> text) =>
        GoDuration.Read(text.Get, out TimeSpan duration) is not { } expected ? duration.Ticks >= long.MinValue : expected.Length > 0 && duration == TimeSpan.Zero;

    [Property(MaxTest = 2000)]
    public bool What_is_written_is_what_is_read(uint milliseconds) =>
        GoDuration.Read($"{milliseconds}ms", out TimeSpan duration) is null && duration == TimeSpan.FromMilliseconds(milliseconds);
}
