using System.Text;
using Tidegate.Proxy.Routing;
using Tidegate.Rules.Expressions;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>istio-gateway.md 4.6; edge.md P20.</summary>
public sealed class PathRewriteTests
{
    [Theory]
    [InlineData("/foo", "/", "/foo", "/")]
    [InlineData("/foo", "/", "/foo/bar", "//bar")]
    [InlineData("/foo/", "/", "/foo/bar", "/bar")]
    [InlineData("/foo", "/bar", "/foo?x=/foo", "/bar?x=/foo")]
    [InlineData("/foo", "/bar", "/FOOx", "/barx")]
    public void A_matched_prefix_is_replaced_as_text(string prefix, string replacement, string path, string expected) =>
        Assert.Equal(expected, Rewrite(PathMatcher.OfText(PathMatchKind.Prefix, prefix, isCaseSensitive: false), PathRewrite.OfPrefix(replacement), path));

    [Fact]
    public void A_path_that_matched_exactly_is_replaced_whole() => Assert.Equal(
        "/new?q=1",
        Rewrite(PathMatcher.OfText(PathMatchKind.Exact, "/old/path", isCaseSensitive: true), PathRewrite.OfPrefix("/new"), "/old/path?q=1"));

    [Fact]
    public void A_path_that_matched_an_expression_is_replaced_whole()
    {
        Assert.True(Re2Pattern.TryParse("/o.*", out Re2Pattern? pattern, out _));
        Assert.Equal("/new?q=1", Rewrite(PathMatcher.OfPattern(pattern), PathRewrite.OfPrefix("/new"), "/old/path?q=1"));
    }

    [Fact]
    public void Matches_of_an_expression_are_replaced_in_the_path_only()
    {
        // How Istio rewrites a Gateway API prefix to the root.
        Assert.True(Re2Pattern.TryParse("^/foo(/?)(.*)", out Re2Pattern? pattern, out _));
        Assert.True(Re2Substitution.TryParse(@"/\2", pattern.GroupCount, out Re2Substitution? substitution, out _));
        PathMatcher matcher = PathMatcher.OfText(PathMatchKind.PathSeparatedPrefix, "/foo", isCaseSensitive: true);
        Assert.Equal("/bar?a=/foo/", Rewrite(matcher, PathRewrite.OfPattern(pattern, substitution), "/foo/bar?a=/foo/"));
        Assert.Equal("/", Rewrite(matcher, PathRewrite.OfPattern(pattern, substitution), "/foo"));
    }

    [Theory]
    [InlineData("/api/", "", "/api/admin", "/admin")]
    [InlineData("/api", "", "/api", "/")]
    [InlineData("/api", "", "/api?x", "/?x")]
    [InlineData("/api", "x", "/api/a", "/x/a")]
    public void P20_the_result_begins_with_a_slash(string prefix, string replacement, string path, string expected) =>
        Assert.Equal(expected, Rewrite(PathMatcher.OfText(PathMatchKind.Prefix, prefix, isCaseSensitive: true), PathRewrite.OfPrefix(replacement), path));

    private static string Rewrite(PathMatcher matcher, PathRewrite rewrite, string path)
    {
        var output = new ByteBuilder(stackalloc byte[8]);
        rewrite.AppendTo(Encoding.ASCII.GetBytes(path), matcher, ref output);
        string result = Encoding.ASCII.GetString(output.Written);
        output.Dispose();
        return result;
    }

    [Theory]
    [InlineData("/internal/", "/internal/x", true)]
    [InlineData("/internal/", "/y", false)]
    [InlineData("/internal", "/internalx", true)]
    [InlineData("/a/b/", "/a/c", false)]
    [InlineData("/", "/y", true)]
    public void P20_what_leaves_the_folder_of_the_new_prefix_is_told(string replacement, string normalised, bool isCovered) =>
        Assert.Equal(isCovered, PathRewrite.OfPrefix(replacement).Covers(System.Text.Encoding.ASCII.GetBytes(normalised)));
}
