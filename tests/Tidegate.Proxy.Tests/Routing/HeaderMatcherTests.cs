using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>istio-gateway.md 4.2; edge.md P25 to P27.</summary>
public sealed class HeaderMatcherTests
{
    [Theory]
    [InlineData(ValueMatchKind.Exact, "user", "user", true)]
    [InlineData(ValueMatchKind.Exact, "user", "User", false)]
    [InlineData(ValueMatchKind.Exact, "user", "users", false)]
    [InlineData(ValueMatchKind.Prefix, "us", "user", true)]
    [InlineData(ValueMatchKind.Suffix, "er", "user", true)]
    [InlineData(ValueMatchKind.Suffix, "us", "user", false)]
    [InlineData(ValueMatchKind.Contains, "se", "user", true)]
    [InlineData(ValueMatchKind.Contains, "x", "user", false)]
    public void A_value_is_compared_as_asked(ValueMatchKind kind, string text, string value, bool matches) =>
        Assert.Equal(matches, Matches(new HeaderMatcher("x-role") { Value = ValueMatcher.OfText(kind, text) }, $"x-role: {value}"));

    [Theory]
    [InlineData(ValueMatchKind.Exact, "USER", true)]
    [InlineData(ValueMatchKind.Prefix, "US", true)]
    [InlineData(ValueMatchKind.Suffix, "ER", true)]
    [InlineData(ValueMatchKind.Contains, "SE", true)]
    [InlineData(ValueMatchKind.Contains, "XX", false)]
    public void Case_is_ignored_where_asked(ValueMatchKind kind, string text, bool matches) =>
        Assert.Equal(matches, Matches(new HeaderMatcher("x-role") { Value = ValueMatcher.OfText(kind, text, ignoresCase: true) }, "x-role: user"));

    [Theory]
    [InlineData("5", true)]
    [InlineData("1", true)]
    [InlineData("10", false)]
    [InlineData("-1", false)]
    [InlineData("5x", false)]
    [InlineData("", false)]
    public void A_range_has_its_start_and_not_its_end(string value, bool matches) =>
        Assert.Equal(matches, Matches(new HeaderMatcher("n") { Range = (1, 10) }, $"n: {value}"));

    [Fact]
    public void A_missing_field_fits_no_condition_on_its_value_nor_the_opposite()
    {
        Assert.False(Matches(new HeaderMatcher("x") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, "a") }));
        Assert.False(Matches(new HeaderMatcher("x") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, "a"), IsInverted = true }));
        Assert.False(Matches(new HeaderMatcher("x") { Range = (0, 9), IsInverted = true }));
    }

    [Fact]
    public void A_missing_field_that_counts_as_empty_fits_the_opposite_of_a_value() => // 4.2: withoutHeaders
        Assert.True(Matches(new HeaderMatcher("x") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, "a"), IsInverted = true, TreatMissingAsEmpty = true }));

    [Theory]
    [InlineData(true, false, true, false)]
    [InlineData(true, true, false, true)]
    [InlineData(false, false, false, true)]
    [InlineData(false, true, true, false)]
    public void Presence_can_be_asked_for_and_against(bool isPresent, bool isInverted, bool whenThere, bool whenMissing)
    {
        var matcher = new HeaderMatcher("x") { IsPresent = isPresent, IsInverted = isInverted };
        Assert.Equal(whenThere, Matches(matcher, "x: 1"));
        Assert.Equal(whenMissing, Matches(matcher));
    }

    [Theory]
    [InlineData(":method", "GET")]
    [InlineData(":authority", "a.com:81")]
    [InlineData("Host", "a.com:81")]
    [InlineData(":path", "/p?q=1")]
    [InlineData(":scheme", "http")]
    public void Pseudo_fields_are_fields(string name, string value) =>
        Assert.True(Matches(new HeaderMatcher(name) { Value = ValueMatcher.OfText(ValueMatchKind.Exact, value) }));

    [Fact]
    public void P27_a_method_is_compared_with_case()
    {
        var matcher = new HeaderMatcher(":method") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, "GET") };
        Assert.False(matcher.Matches(TestRequest.Of("get", "a.com", "/").ToRoute()));
    }

    [Fact]
    public void P26_a_name_is_compared_without_case() =>
        Assert.True(Matches(new HeaderMatcher("X-Role") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, "user") }, "x-ROLE: user"));

    [Theory]
    [InlineData("user", true)]
    [InlineData("admin", true)]
    [InlineData("user,admin", false)]
    public void P25_each_of_several_values_is_looked_at(string text, bool matches) => Assert.Equal(matches, Matches(
        new HeaderMatcher("x-role") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, text) }, "x-role: user", "x-role: admin"));

    [Theory]
    [InlineData("user", false)]
    [InlineData("user,admin", true)]
    public void P25_or_all_as_one(string text, bool matches) => Assert.Equal(matches, Matches(
        new HeaderMatcher("x-role") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, text), RepeatedMode = RepeatedHeaderMode.Joined },
        "x-role: user",
        "x-role: admin"));

    [Theory]
    [InlineData("admin", false)]
    [InlineData("guest", true)]
    public void P25_a_denied_value_can_not_be_hidden_behind_another(string text, bool matches) => Assert.Equal(matches, Matches(
        new HeaderMatcher("x-role") { Value = ValueMatcher.OfText(ValueMatchKind.Exact, text), IsInverted = true }, "x-role: user", "x-role: admin"));

    private static bool Matches(HeaderMatcher matcher, params string[] fields) =>
        matcher.Matches(TestRequest.Get("a.com:81", "/p?q=1", fields).ToRoute());
}
