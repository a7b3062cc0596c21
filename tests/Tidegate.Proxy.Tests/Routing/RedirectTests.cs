using System.Text;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Tests.Routing;

/// <summary>istio-gateway.md 4.7; edge.md X14.</summary>
public sealed class RedirectTests
{
    private static readonly PathMatcher Foo = PathMatcher.OfText(PathMatchKind.Prefix, "/foo", isCaseSensitive: true);

    [Theory]
    [InlineData("a.com", "/foo?x=1", false, "http://a.com/foo?x=1")]
    [InlineData("a.com:81", "/foo", false, "http://a.com:81/foo")]
    [InlineData("[::1]:81", "/foo", true, "https://[::1]:81/foo")]
    public void What_is_not_replaced_stays(string authority, string path, bool isTls, string expected) =>
        Assert.Equal(expected, Location(new Redirect(), authority, path, isTls));

    [Theory]
    [InlineData("a.com:80", "https://a.com/foo")]
    [InlineData("a.com:8080", "https://a.com:8080/foo")]
    [InlineData("a.com", "https://a.com/foo")]
    [InlineData("[::1]:80", "https://[::1]/foo")]
    public void The_default_port_of_the_old_scheme_goes_with_it(string authority, string expected) =>
        Assert.Equal(expected, Location(new Redirect { Scheme = "https" }, authority, "/foo"));

    [Fact]
    public void The_same_holds_back_to_http() =>
        Assert.Equal("http://a.com/foo", Location(new Redirect { Scheme = "http" }, "a.com:443", "/foo", isTls: true));

    [Fact]
    public void A_port_of_the_same_scheme_stays() =>
        Assert.Equal("https://a.com:443/foo", Location(new Redirect { Scheme = "https" }, "a.com:443", "/foo", isTls: true));

    [Fact]
    public void A_new_port_replaces_the_old() =>
        Assert.Equal("http://a.com:8443/foo", Location(new Redirect { Port = 8443 }, "a.com:81", "/foo"));

    [Theory]
    [InlineData("https", 443, "https://a.com/foo")]
    [InlineData("http", 80, "http://a.com/foo")]
    [InlineData("https", 80, "https://a.com:80/foo")]
    public void A_new_port_that_is_the_schemes_own_is_not_named(string scheme, int port, string expected) =>
        Assert.Equal(expected, Location(new Redirect { Scheme = scheme, Port = port }, "a.com:8080", "/foo"));

    [Fact]
    public void A_new_host_brings_its_own_port_or_none()
    {
        Assert.Equal("http://b.com/foo", Location(new Redirect { Host = "b.com" }, "a.com:81", "/foo"));
        Assert.Equal("http://b.com:82/foo", Location(new Redirect { Host = "b.com", Port = 82 }, "a.com:81", "/foo"));
    }

    [Theory]
    [InlineData("/bar", false, "http://a.com/bar?x=1")]
    [InlineData("/bar?y=2", false, "http://a.com/bar?y=2")]
    [InlineData("/bar", true, "http://a.com/bar")]
    [InlineData("bar", false, "http://a.com/bar?x=1")]
    public void A_new_path_keeps_the_query_unless_it_has_its_own(string path, bool stripsQuery, string expected) =>
        Assert.Equal(expected, Location(new Redirect { Path = path, StripsQuery = stripsQuery }, "a.com", "/foo?x=1"));

    [Fact]
    public void A_prefix_can_be_replaced() =>
        Assert.Equal("http://a.com/new/bar?x=1", Location(new Redirect { PathRewrite = PathRewrite.OfPrefix("/new") }, "a.com", "/foo/bar?x=1"));

    [Fact]
    public void A_query_can_be_dropped() =>
        Assert.Equal("http://a.com/foo", Location(new Redirect { StripsQuery = true }, "a.com", "/foo?x=1"));

    [Theory]
    [InlineData("a.com:80", "https://a.com:80/foo?x=1")]
    [InlineData("a.com", "https://a.com/foo?x=1")]
    public void A_redirect_to_TLS_keeps_the_host_as_it_came(string authority, string expected) => // 3.4
        Assert.Equal(expected, Location(new Redirect { Scheme = "https", KeepsAuthority = true }, authority, "/foo?x=1"));

    private static string Location(Redirect redirect, string authority, string path, bool isTls = false)
    {
        var output = new ByteBuilder(stackalloc byte[8]);
        redirect.AppendLocation(TestRequest.Get(authority, path).ToRoute(isTls), Foo, ref output);
        string location = Encoding.ASCII.GetString(output.Written);
        output.Dispose();
        return location;
    }
}
