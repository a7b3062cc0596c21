using Tidegate.Http.Paths;
using Tidegate.Http.Tests.Http1;

namespace Tidegate.Http.Tests.Paths;

/// <summary>The table of spec edge 2e, row by row. "400" is a refusal.</summary>
public sealed class PathNormalizerTests
{
    internal static string Normalize(string path, PathOptions options)
    {
        byte[] bytes = Wire.Bytes(path);
        PathResult result = PathNormalizer.Normalize(bytes, options, out int length);
        return result switch
        {
            PathResult.Rejected => "400",
            PathResult.Redirect => "307 " + Wire.Text(bytes.AsSpan(0, length)),
            _ => Wire.Text(bytes.AsSpan(0, length)),
        };
    }

    [Theory]
    [InlineData("P01", "/a/../b", "/a/../b", "/b", "/b", "/b")]
    [InlineData("P02", "/a/./b", "/a/./b", "/a/b", "/a/b", "/a/b")]
    [InlineData("P03", "/public/%2e%2e/admin", "/public/%2e%2e/admin", "/admin", "/admin", "/admin")]
    [InlineData("P03", "/%2E%2E/x", "/%2E%2E/x", "/x", "/x", "/x")]
    [InlineData("P04", "/some\\data", "/some\\data", "/some/data", "/some/data", "/some/data")]
    [InlineData("P04", "/a\\..\\b", "/a\\..\\b", "/b", "/b", "/b")]
    [InlineData("P05", "//admin", "//admin", "//admin", "/admin", "/admin")]
    [InlineData("P05", "/x///y", "/x///y", "/x///y", "/x/y", "/x/y")]
    [InlineData("P06", "/admin%2fx", "/admin%2fx", "/admin%2fx", "/admin%2fx", "/admin/x")]
    [InlineData("P06", "/p%2F..%2fadmin", "/p%2F..%2fadmin", "/p%2F..%2fadmin", "/p%2F..%2fadmin", "/admin")]
    [InlineData("P07", "/a%5cb", "/a%5cb", "/a%5cb", "/a%5cb", "/a/b")]
    [InlineData("P08", "/%61dm%69n", "/%61dm%69n", "/admin", "/admin", "/admin")]
    [InlineData("P08", "/%7euser", "/%7euser", "/~user", "/~user", "/~user")]
    [InlineData("P09", "/a%00b", "400", "400", "400", "400")]
    [InlineData("P10", "/%252e%252e/x", "/%252e%252e/x", "/%252e%252e/x", "/%252e%252e/x", "/%252e%252e/x")]
    [InlineData("P10", "/%2561", "/%2561", "/%2561", "/%2561", "/%2561")]
    [InlineData("P11", "/../../x", "/../../x", "/x", "/x", "/x")]
    [InlineData("P12", "/some%2fdata/%61%62%63", "/some%2fdata/%61%62%63", "/some%2fdata/abc", "/some%2fdata/abc", "/some/data/abc")]
    [InlineData("P13", "/admin;x", "/admin;x", "/admin;x", "/admin;x", "/admin;x")]
    [InlineData("P13", "/public/..;/admin", "/public/..;/admin", "/admin", "/admin", "/admin")]
    [InlineData("P13", "/public/%2e%2e;a=b/admin", "/public/%2e%2e;a=b/admin", "/admin", "/admin", "/admin")]
    [InlineData("P13", "/x/.;/admin/..;", "/x/.;/admin/..;", "/x/", "/x/", "/x/")]
    [InlineData("P13", "/x/...;/admin", "/x/...;/admin", "/x/...;/admin", "/x/...;/admin", "/x/...;/admin")]
    [InlineData("P13", "/;/admin", "/;/admin", "/;/admin", "/;/admin", "/;/admin")]
    [InlineData("P14", "/admin#x", "400", "400", "400", "400")]
    [InlineData("P14", "/admin%23x", "/admin%23x", "/admin%23x", "/admin%23x", "/admin%23x")]
    [InlineData("P14", "/admin?x#y", "400", "400", "400", "400")]
    [InlineData("P15", "/admin?", "/admin?", "/admin?", "/admin?", "/admin?")]
    [InlineData("P15", "/a/../admin?a=/public/../%61//b%2f%00", "/a/../admin?a=/public/../%61//b%2f%00", "/admin?a=/public/../%61//b%2f%00", "/admin?a=/public/../%61//b%2f%00", "/admin?a=/public/../%61//b%2f%00")]
    [InlineData("P16", "/admin/", "/admin/", "/admin/", "/admin/", "/admin/")]
    [InlineData("P16", "/admin.", "/admin.", "/admin.", "/admin.", "/admin.")]
    [InlineData("P16", "/admin%20", "/admin%20", "/admin%20", "/admin%20", "/admin%20")]
    [InlineData("P16", "/admin%09", "/admin%09", "/admin%09", "/admin%09", "/admin%09")]
    [InlineData("P17", "/ADMIN", "/ADMIN", "/ADMIN", "/ADMIN", "/ADMIN")]
    [InlineData("P18", "/%c0%ae%c0%ae/x", "/%c0%ae%c0%ae/x", "/%c0%ae%c0%ae/x", "/%c0%ae%c0%ae/x", "/%c0%ae%c0%ae/x")]
    [InlineData("P18", "/%u002e/x", "/%u002e/x", "/%u002e/x", "/%u002e/x", "/%u002e/x")]
    [InlineData("P18", "/\u00fc", "400", "400", "400", "400")]
    [InlineData("P20", "/api../admin", "/api../admin", "/api../admin", "/api../admin", "/api../admin")]
    [InlineData("P20", "/api/..%2fadmin", "/api/..%2fadmin", "/api/..%2fadmin", "/api/..%2fadmin", "/admin")]
    [InlineData("P23", "/{*}/{**}/*", "/{*}/{**}/*", "/{*}/{**}/*", "/{*}/{**}/*", "/{*}/{**}/*")]
    public void The_table_of_paths(string id, string path, string none, string @base, string merge, string decode)
    {
        Assert.Equal($"{id}: {none}", $"{id}: {Normalize(path, PathOptions.None)}");
        Assert.Equal($"{id}: {@base}", $"{id}: {Normalize(path, PathOptions.Base)}");
        Assert.Equal($"{id}: {merge}", $"{id}: {Normalize(path, PathOptions.MergeSlashes)}");
        Assert.Equal($"{id}: {decode}", $"{id}: {Normalize(path, PathOptions.DecodeAndMergeSlashes)}");
    }

    [Theory]
    [InlineData("/", "/")]
    [InlineData("/.", "/")]
    [InlineData("/..", "/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/a/b/../..", "/")]
    [InlineData("/a/b/../../..", "/")]
    [InlineData("/a/b/../../../c", "/c")]
    [InlineData("/...", "/...")]
    [InlineData("/.../a", "/.../a")]
    [InlineData("/.a/..b/c.", "/.a/..b/c.")]
    [InlineData("/a//../b", "/a/b")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/.%2e/b", "/b")]
    [InlineData("/a/%2e./b", "/b")]
    [InlineData("/a/%2e/b", "/a/b")]
    [InlineData("/..//x", "//x")]
    [InlineData("/a/..?x=..", "/?x=..")]
    [InlineData("/%41%5A%61%7A%30%39%2D%2E%5F%7E", "/AZaz09-._~")]
    [InlineData("/%21%2B%40%3A", "/%21%2B%40%3A")]
    [InlineData("/%3F%3f", "/%3F%3f")]
    [InlineData("/100%", "/100%")]
    [InlineData("/100%2", "/100%2")]
    [InlineData("/%zz", "/%zz")]
    [InlineData("/%%", "/%%")]
    [InlineData("/\\\\x\\", "///x/")]
    public void Base_follows_RFC_3986(string path, string expected) => Assert.Equal(expected, Normalize(path, PathOptions.Base));

    [Theory]
    [InlineData("/%%32e%%32e/x", "/%%32e%%32e/x")]
    [InlineData("/%2%65", "/%2%65")]
    [InlineData("/%%7e", "/%~")]
    [InlineData("/%25%32%65", "/%252e")]
    [InlineData("/%%%32%65", "/%%%32e")]
    public void Decoding_never_makes_a_new_escape(string path, string expected) => Assert.Equal(expected, Normalize(path, PathOptions.Base));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("*")]
    [InlineData("?x")]
    [InlineData("\\x")]
    [InlineData("%2fx")]
    [InlineData("http://a/x")]
    [InlineData("/a b")]
    [InlineData("/a\tb")]
    [InlineData("/a\r\nb")]
    [InlineData("/a\0b")]
    [InlineData("/a?\0")]
    [InlineData("/a\u007fb")]
    [InlineData("/a\u0080b")]
    public void What_is_no_path_is_refused_with_every_option(string path)
    {
        Assert.Equal("400", Normalize(path, PathOptions.None));
        Assert.Equal("400", Normalize(path, PathOptions.DecodeAndMergeSlashes));
    }

    [Theory]
    [InlineData("/a%2Fb", "400", "307 /a/b", "/a/b")]
    [InlineData("/a%5c..%5Cb", "400", "307 /b", "/b")]
    [InlineData("/a%252fb", "/a%252fb", "/a%252fb", "/a%252fb")]
    [InlineData("/a/../b", "/b", "/b", "/b")]
    [InlineData("/a?x=%2f", "/a?x=%2f", "/a?x=%2f", "/a?x=%2f")]
    public void Escaped_slashes_are_refused_redirected_or_forwarded(string path, string reject, string redirect, string forward)
    {
        Assert.Equal(reject, Normalize(path, PathOptions.Base with { EscapedSlashes = EscapedSlashesAction.RejectRequest }));
        Assert.Equal(redirect, Normalize(path, PathOptions.Base with { EscapedSlashes = EscapedSlashesAction.UnescapeAndRedirect }));
        Assert.Equal(forward, Normalize(path, PathOptions.Base with { EscapedSlashes = EscapedSlashesAction.UnescapeAndForward }));
    }

    [Fact]
    public void P19_The_same_set_as_absolute_form_gives_the_same_paths()
    {
        RequestHead head = Wire.Request("GET http://b.example/public/%2e%2e/admin?x HTTP/1.1\r\nHost: a\r\n\r\n").IsAccepted();
        Assert.Equal(PathResult.Ok, head.NormalizePath(PathOptions.Base));
        Assert.Equal("/admin?x", Wire.Text(head.Path));
        Assert.Equal("/admin", Wire.Text(head.PathWithoutQuery));
        Assert.StartsWith("GET /admin?x HTTP/1.1\r\n", Wire.Write(head), StringComparison.Ordinal);
    }

    [Fact]
    public void The_targets_of_OPTIONS_and_CONNECT_are_left_alone()
    {
        RequestHead head = Wire.Request("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").IsAccepted();
        Assert.Equal(PathResult.Ok, head.NormalizePath(PathOptions.Base));
        Assert.Equal("*", Wire.Text(head.Path));
        head = Wire.Request("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n").IsAccepted();
        Assert.Equal(PathResult.Ok, head.NormalizePath(PathOptions.Base));
    }
}
