using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Paths;

/// <summary>What the backend sees of a path with Istio's default normalisation, BASE (edge.md, group P).</summary>
public sealed class PathNormalisationTests(PathNormalisationTests.Pool pool) : IClassFixture<PathNormalisationTests.Pool>
{
    public static IEnumerable<TheoryDataRow<string, string>> Paths =>
    [
        Row("P01", "/a/../b", "/b"),
        Row("P02", "/a/./b", "/a/b"),
        Row("P03", "/public/%2e%2e/admin", "/admin"),
        Row("P03 capitals", "/%2E%2E/x", "/x"),
        Row("P04", "/some\\data", "/some/data"),
        Row("P04 dots", "/a\\..\\b", "/b"),
        Row("P05", "//admin", "//admin"),
        Row("P05 inner", "/x///y", "/x///y"),
        Row("P06", "/admin%2fx", "/admin%2fx"),
        Row("P06 dots", "/p%2F..%2fadmin", "/p%2F..%2fadmin"),
        Row("P07", "/a%5cb", "/a%5cb"),
        Row("P08", "/%61dm%69n", "/admin"),
        Row("P08 tilde", "/%7euser", "/~user"),
        Row("P10", "/%252e%252e/x", "/%252e%252e/x"),
        Row("P10 letter", "/%2561", "/%2561"),
        Row("P12", "/some%2fdata/%61%62%63", "/some%2fdata/abc"),
        Row("P13", "/admin;x", "/admin;x"),
        Row("P13 dots", "/public/..;/admin", "/admin"),
        Row("P13 empty", "/;/admin", "/;/admin"),
        Row("P14 encoded", "/admin%23x", "/admin%23x"),
        Row("P15", "/admin?", "/admin?"),
        Row("P15 query", "/admin?a=/public/../x", "/admin?a=/public/../x"),
        Row("P15 query is raw", "/a/../b?c=%61/./d", "/b?c=%61/./d"),
        Row("P16 slash", "/admin/", "/admin/"),
        Row("P16 dot", "/admin.", "/admin."),
        Row("P16 space", "/admin%20", "/admin%20"),
        Row("P16 tab", "/admin%09", "/admin%09"),
        Row("P16 dot segment at the end", "/admin/.", "/admin/"),
        Row("P16 double dot at the end", "/a/b/..", "/a/"),
        Row("P17", "/ADMIN", "/ADMIN"),
    ];

    public static IEnumerable<TheoryDataRow<string, string>> PathsThatMayBeRefused =>
    [
        Row("P11", "/../../x", "/x"),
        Row("P18 overlong", "/%c0%ae%c0%ae/x", "/%c0%ae%c0%ae/x"),
        Row("P18 %u", "/%u002e/x", "/%u002e/x"),
        Row("P18 raw UTF-8", "/\u00c3\u00a4", "/\u00c3\u00a4"),
        Row("P18 cut escape", "/a%2", "/a%2"),
    ];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_path_arrives_normalised(string path, string expected)
    {
        (ScriptedBackend backend, string host) = pool.Take();

        WireResponse response = await pool.Gateway.GetAsync(host, path);

        Assert.Equal(200, response.Status);
        Assert.Equal(expected, backend.SingleRequest.Target);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task P19_the_path_of_an_absolute_form_arrives_normalised(string path, string expected)
    {
        (ScriptedBackend backend, string host) = pool.Take();

        WireResponse response = await pool.Gateway.ExchangeAsync($"GET http://{host}{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");

        Assert.Equal(200, response.Status);
        Assert.Equal(expected, backend.SingleRequest.Target);
    }

    [Theory]
    [InlineData("/admin#x")]
    [InlineData("/admin?x#y")]
    public async Task P14_a_fragment_is_refused(string path)
    {
        (ScriptedBackend backend, string host) = pool.Take();

        Assert.Equal(400, (await pool.Gateway.GetAsync(host, path)).Status);
        Assert.Equal("", backend.Received);
    }

    [Theory]
    [MemberData(nameof(PathsThatMayBeRefused))]
    public async Task A_doubtful_path_is_refused_or_arrives_harmless(string path, string expected)
    {
        (ScriptedBackend backend, string host) = pool.Take();

        WireResponse response = await pool.Gateway.GetAsync(host, path);

        if (response.Status == 400)
        {
            Assert.Equal("", backend.Received);
            return;
        }

        Assert.Equal(200, response.Status);
        Assert.Equal(expected, backend.SingleRequest.Target);
    }

    [Theory]
    [InlineData("/a%00b")]
    [InlineData("/%00")]
    [InlineData("/a/%00/../b")]
    public async Task P09_an_encoded_NUL_is_refused(string path)
    {
        (ScriptedBackend backend, string host) = pool.Take();

        WireResponse response = await pool.Gateway.GetAsync(host, path);

        Assert.Equal(400, response.Status);
        Assert.Equal("", backend.Received);
    }

    private static TheoryDataRow<string, string> Row(string id, string path, string expected) => new(path, expected) { Label = $"{id}: {path}" };

    /// <summary>A backend for each case.</summary>
    public sealed class Pool : BackendPool;
}
