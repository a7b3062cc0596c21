using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Paths;

/// <summary>Istio's four ways to normalise paths, as the connection manager has them, and Envoy's redirect (edge.md, group P).</summary>
public sealed class PathModeTests(PathModeTests.Proxies proxies) : IClassFixture<PathModeTests.Proxies>
{
    public static IEnumerable<TheoryDataRow<string, string, string>> Paths
    {
        get
        {
            (string Id, string Path, string None, string Base, string Merge, string Decode)[] table =
            [
                ("P01", "/a/../b", "/a/../b", "/b", "/b", "/b"),
                ("P02", "/a/./b", "/a/./b", "/a/b", "/a/b", "/a/b"),
                ("P03", "/public/%2e%2e/admin", "/public/%2e%2e/admin", "/admin", "/admin", "/admin"),
                ("P04", "/some\\data", "/some\\data", "/some/data", "/some/data", "/some/data"),
                ("P05", "//admin", "//admin", "//admin", "/admin", "/admin"),
                ("P05", "/x///y", "/x///y", "/x///y", "/x/y", "/x/y"),
                ("P06", "/admin%2fx", "/admin%2fx", "/admin%2fx", "/admin%2fx", "/admin/x"),
                ("P06", "/p%2F..%2fadmin", "/p%2F..%2fadmin", "/p%2F..%2fadmin", "/p%2F..%2fadmin", "/admin"),
                ("P07", "/a%5cb", "/a%5cb", "/a%5cb", "/a%5cb", "/a/b"),
                ("P08", "/%61dm%69n", "/%61dm%69n", "/admin", "/admin", "/admin"),
                ("P09", "/a%00b", "400", "400", "400", "400"),
                ("P10", "/%252e%252e/x", "/%252e%252e/x", "/%252e%252e/x", "/%252e%252e/x", "/%252e%252e/x"),
                ("P12", "/some%2fdata/%61%62%63", "/some%2fdata/%61%62%63", "/some%2fdata/abc", "/some%2fdata/abc", "/some/data/abc"),
            ];
            return table.SelectMany(row => new[]
            {
                Row(row.Id, "NONE", row.Path, row.None),
                Row(row.Id, "BASE", row.Path, row.Base),
                Row(row.Id, "MERGE_SLASHES", row.Path, row.Merge),
                Row(row.Id, "DECODE_AND_MERGE_SLASHES", row.Path, row.Decode),
            });
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_path_arrives_as_its_mode_says(string mode, string path, string expected)
    {
        int before = proxies.Backend.Requests.Count;

        WireResponse response = await proxies.Of(mode).GetAsync(path);

        Assert.Equal(expected == "400" ? 400 : 200, response.Status);
        Assert.Equal(expected == "400" ? [] : [expected], proxies.Backend.Requests.Skip(before).Select(request => request.Target));
    }

    [Theory]
    [InlineData("/a%2fb", "/a/b")]
    [InlineData("/a%5Cb?c=%2f", "/a/b?c=%2f")]
    [InlineData("/public/..%2fadmin", "/admin")]
    public async Task P06_escaped_slashes_may_redirect_to_what_they_mean(string path, string location)
    {
        WireResponse response = await proxies.Of("REDIRECT").GetAsync(path);

        Assert.Equal((307, location, ""), (response.Status, response.Headers["location"], response.Body));
        Assert.Equal(200, (await proxies.Of("REDIRECT").GetAsync(location)).Status);
    }

    [Theory]
    [InlineData("/%2fevil.test/x")]
    [InlineData("/%5cevil.test/x")]
    [InlineData("/%2f%2fevil.test")]
    public async Task X14_such_a_redirect_never_leads_to_another_host(string path)
    {
        WireResponse response = await proxies.Of("REDIRECT").GetAsync(path);

        Assert.True(response.Status == 400 || !response.Headers["location"]!.StartsWith("//", StringComparison.Ordinal), response.Headers["location"]);
    }

    [Fact]
    public async Task Escaped_slashes_may_be_refused() => Assert.Equal(400, (await proxies.Of("REJECT").GetAsync("/a%2fb")).Status);

    [Theory]
    [InlineData("BASE", 0)]
    [InlineData("HOPS1", 1)]
    [InlineData("HOPS2", 2)]
    [InlineData("HOPS9", 9)]
    public async Task X02_the_trusted_address_is_as_many_hops_away_as_there_are_proxies(string mode, int hops)
    {
        int before = proxies.Backend.Requests.Count;
        using RawClient client = await proxies.Of(mode).ConnectAsync();
        await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.128, 203.0.113.1\r\nX-Forwarded-Proto: https\r\n\r\n");
        string peer = client.LocalEndPoint.Address.ToString();
        WireHeaders seen = Assert.Single(proxies.Backend.Requests.Skip(before)).Headers;

        Assert.Equal($"203.0.113.128, 203.0.113.1,{peer}", seen["x-forwarded-for"]);
        Assert.Equal(hops switch { 1 => "203.0.113.1", 2 => "203.0.113.128", _ => peer }, seen["x-envoy-external-address"]);
        Assert.Equal(hops == 0 ? "http" : "https", seen["x-forwarded-proto"]); // X04: only a trusted hop's word counts
    }

    private static TheoryDataRow<string, string, string> Row(string id, string mode, string path, string expected) =>
        new(mode, path, expected) { Label = $"{id} {mode}: {path}" };

    /// <summary>A proxy for each mode, one backend for all.</summary>
    public sealed class Proxies : IAsyncLifetime
    {
        private readonly Dictionary<string, XdsProxy> _byMode = [];

        /// <summary>What is behind all of them.</summary>
        public ScriptedBackend Backend { get; } = ScriptedBackend.Start(Loopback.Next());

        /// <summary>The proxy of a mode.</summary>
        public XdsProxy Of(string mode) => _byMode[mode];

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            (string Mode, string Manager)[] modes =
            [
                ("NONE", "'normalizePath': false"),
                ("BASE", ""),
                ("MERGE_SLASHES", "'mergeSlashes': true"),
                ("DECODE_AND_MERGE_SLASHES", "'mergeSlashes': true, 'pathWithEscapedSlashesAction': 'UNESCAPE_AND_FORWARD'"),
                ("REDIRECT", "'pathWithEscapedSlashesAction': 'UNESCAPE_AND_REDIRECT'"),
                ("REJECT", "'pathWithEscapedSlashesAction': 'REJECT_REQUEST'"),
                ("HOPS1", "'xffNumTrustedHops': 1"),
                ("HOPS2", "'xffNumTrustedHops': 2"),
                ("HOPS9", "'xffNumTrustedHops': 9"),
            ];
            foreach ((string mode, string manager) in modes)
            {
                _byMode.Add(mode, await XdsProxy.StartAsync(Backend, manager));
            }
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            foreach (XdsProxy proxy in _byMode.Values)
            {
                await proxy.DisposeAsync();
            }

            await Backend.DisposeAsync();
        }
    }
}
