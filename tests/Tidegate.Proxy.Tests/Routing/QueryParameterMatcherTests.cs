using System.Text;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>istio-gateway.md 13: the first occurrence, raw.</summary>
public sealed class QueryParameterMatcherTests
{
    [Theory]
    [InlineData("a=1", true)]
    [InlineData("b=2&a=1", true)]
    [InlineData("a=1&a=2", true)]
    [InlineData("a=2&a=1", false)]
    [InlineData("a=%31", false)]
    [InlineData("A=1", false)]
    [InlineData("aa=1", false)]
    [InlineData("a", false)]
    [InlineData("", false)]
    [InlineData("a=1=1", false)]
    public void The_first_occurrence_counts_as_it_came(string query, bool matches) =>
        Assert.Equal(matches, new QueryParameterMatcher("a", ValueMatcher.OfText(ValueMatchKind.Exact, "1")).Matches(Encoding.ASCII.GetBytes(query)));

    [Theory]
    [InlineData("a", true)]
    [InlineData("a=", true)]
    [InlineData("b&a=x", true)]
    [InlineData("b", false)]
    public void Presence_is_enough_without_a_value(string query, bool matches) =>
        Assert.Equal(matches, new QueryParameterMatcher("a", null).Matches(Encoding.ASCII.GetBytes(query)));

    [Fact]
    public void P15_the_query_is_no_part_of_the_path()
    {
        RouteRequest request = TestRequest.Get("a.com", "/admin?a=/public?b").ToRoute();
        Assert.Equal("/admin"u8, request.PathWithoutQuery);
        Assert.Equal("a=/public?b"u8, request.Query);
    }
}
