using System.Text;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>istio-gateway.md 4.2 and 13; edge.md P16, P17, P21, P22.</summary>
public sealed class PathMatcherTests
{
    [Theory]
    [InlineData("/foo", "/foo", true)]
    [InlineData("/foo", "/foobar", true)]
    [InlineData("/foo", "/foo/bar", true)]
    [InlineData("/foo", "/fo", false)]
    [InlineData("/foo", "/FOO", false)]
    [InlineData("/", "/anything", true)]
    public void P21_a_prefix_is_a_prefix_of_the_text(string prefix, string path, bool matches) =>
        Assert.Equal(matches, Matches(PathMatcher.OfText(PathMatchKind.Prefix, prefix, isCaseSensitive: true), path));

    [Theory]
    [InlineData("/foo", "/foo", true)]
    [InlineData("/foo", "/foo/", true)]
    [InlineData("/foo", "/foo/bar", true)]
    [InlineData("/foo", "/foobar", false)]
    [InlineData("/foo", "/fo", false)]
    public void P21_a_path_separated_prefix_goes_by_segments(string prefix, string path, bool matches) =>
        Assert.Equal(matches, Matches(PathMatcher.OfText(PathMatchKind.PathSeparatedPrefix, prefix, isCaseSensitive: true), path));

    [Theory]
    [InlineData("/admin", true)]
    [InlineData("/admin/", false)]
    [InlineData("/admin.", false)]
    [InlineData("/admin%20", false)]
    [InlineData("/ADMIN", false)]
    public void P16_P17_an_exact_path_is_the_whole_path(string path, bool matches) =>
        Assert.Equal(matches, Matches(PathMatcher.OfText(PathMatchKind.Exact, "/admin", isCaseSensitive: true), path));

    [Theory]
    [InlineData(PathMatchKind.Exact, "/ADmin", true)]
    [InlineData(PathMatchKind.Prefix, "/ADMIN/x", true)]
    [InlineData(PathMatchKind.PathSeparatedPrefix, "/adMIN/x", true)]
    [InlineData(PathMatchKind.Exact, "/admi", false)]
    public void P17_case_counts_unless_it_is_said_not_to(PathMatchKind kind, string path, bool matches) =>
        Assert.Equal(matches, Matches(PathMatcher.OfText(kind, "/Admin", isCaseSensitive: false), path));

    [Theory]
    [InlineData("/b[io]t", "/bit", true)]
    [InlineData("/b[io]t", "/bite", false)]
    [InlineData("/b[io]t", "/a/bit", false)]
    [InlineData("/bit", "/bit", true)]
    [InlineData("/v1/.*", "/v1/", true)]
    [InlineData("/v1/.*", "/v1", false)]
    public void P22_an_expression_fits_the_whole_path(string pattern, string path, bool matches)
    {
        Assert.True(Re2Pattern.TryParse(pattern, out Re2Pattern? compiled, out _));
        Assert.Equal(matches, Matches(PathMatcher.OfPattern(compiled), path));
    }

    private static bool Matches(PathMatcher matcher, string path) => matcher.Matches(Encoding.ASCII.GetBytes(path));
}
