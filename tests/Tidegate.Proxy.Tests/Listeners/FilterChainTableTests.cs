using Envoy.Config.Listener.V3;
using Tidegate.Net;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Tests.Listeners;

public sealed class FilterChainTableTests
{
    [Fact]
    public void The_most_specific_server_name_wins()
    {
        FilterChainTable table = Table(
            ("exact", "{'serverNames': ['a.b.example.com', 'other.com']}"),
            ("near", "{'serverNames': ['*.b.example.com']}"),
            ("far", "{'serverNames': ['*.example.com']}"),
            ("any", "{}"));
        Assert.Equal("exact", Find(table, serverName: "a.b.example.com"));
        Assert.Equal("exact", Find(table, serverName: "other.com"));
        Assert.Equal("near", Find(table, serverName: "x.b.example.com"));
        Assert.Equal("near", Find(table, serverName: "x.y.b.example.com"));
        Assert.Equal("far", Find(table, serverName: "b.example.com"));
        Assert.Equal("any", Find(table, serverName: "example.com"));
        Assert.Equal("any", Find(table, serverName: ""));
        Assert.True(table.NeedsClientHello);
        Assert.False(table.IsConstant);
    }

    [Fact]
    public void Names_are_matched_in_whatever_case() =>
        Assert.Equal("exact", Find(Table(("exact", "{'serverNames': ['A.Example']}")), serverName: "a.example"));

    [Fact]
    public void Without_a_match_there_is_the_default_chain_or_none()
    {
        var chain = new RuntimeFilterChain { Name = "default" };
        FilterChainTable table = new(chain);
        Assert.True(table.TryAdd(Chain("a", "{'serverNames': ['a.example']}")));
        Assert.Equal("default", Find(table, serverName: "b.example"));
        Assert.Equal("none", Find(Table(("a", "{'serverNames': ['a.example']}")), serverName: "b.example"));
    }

    [Fact]
    public void There_is_no_way_back_from_a_more_specific_criterion()
    {
        // As Envoy does: the port decides first, and the names below it are all there is.
        FilterChainTable table = Table(
            ("port", "{'destinationPort': 8443, 'serverNames': ['a.example']}"),
            ("name", "{'serverNames': ['b.example']}"));
        Assert.Equal("port", Find(table, serverName: "a.example", port: 8443));
        Assert.Equal("none", Find(table, serverName: "b.example", port: 8443));
        Assert.Equal("name", Find(table, serverName: "b.example", port: 1));
    }

    [Fact]
    public void Transport_and_application_protocols_are_told_apart()
    {
        FilterChainTable table = Table(
            ("h2", "{'transportProtocol': 'tls', 'applicationProtocols': ['h2', 'x']}"),
            ("tls", "{'transportProtocol': 'tls'}"),
            ("plain", "{'transportProtocol': 'raw_buffer'}"));
        Assert.Equal("h2", Find(table, isTls: true, protocols: ["http/1.1", "h2"]));
        Assert.Equal("tls", Find(table, isTls: true, protocols: ["http/1.1"]));
        Assert.Equal("plain", Find(table));
    }

    [Fact]
    public void The_longest_prefix_wins_on_either_side()
    {
        FilterChainTable table = Table(
            ("net", "{'sourcePrefixRanges': [{'addressPrefix': '10.0.0.0', 'prefixLen': 8}]}"),
            ("host", "{'sourcePrefixRanges': [{'addressPrefix': '10.1.2.3', 'prefixLen': 32}, {'addressPrefix': '2001:db8::', 'prefixLen': 32}]}"),
            ("subnet", "{'sourcePrefixRanges': [{'addressPrefix': '10.1.99.99', 'prefixLen': 16}], 'sourcePorts': [7]}"),
            ("local", "{'prefixRanges': [{'addressPrefix': '127.0.0.2', 'prefixLen': 32}]}"),
            ("any", "{}"));
        Assert.Equal("net", Find(table, source: "10.9.9.9"));
        Assert.Equal("host", Find(table, source: "10.1.2.3"));
        Assert.Equal("host", Find(table, source: "2001:db8::1"));
        Assert.Equal("subnet", Find(table, source: "10.1.0.1", sourcePort: 7));
        Assert.Equal("none", Find(table, source: "10.1.0.1", sourcePort: 8));
        Assert.Equal("any", Find(table, source: "192.0.2.1"));
        Assert.Equal("local", Find(table, local: "127.0.0.2"));
    }

    [Fact]
    public void Two_chains_for_the_same_connections_are_noticed()
    {
        var table = new FilterChainTable(null);
        Assert.True(table.TryAdd(Chain("a", "{'serverNames': ['a', 'b']}")));
        Assert.False(table.TryAdd(Chain("b", "{'serverNames': ['c', 'b']}")));
    }

    [Fact]
    public void One_chain_without_conditions_is_constant()
    {
        FilterChainTable table = Table(("only", "{}"));
        Assert.True(table.IsConstant);
        Assert.False(table.NeedsClientHello);
        Assert.Equal("only", Find(table, serverName: "x"));
    }

    private static string Find(
        FilterChainTable table,
        string serverName = "",
        int port = 443,
        bool isTls = false,
        string[]? protocols = null,
        string source = "192.0.2.9",
        int sourcePort = 50_000,
        string local = "127.0.0.1") => table.Find(new ConnectionTraits
        {
            ServerName = serverName,
            IsTls = isTls || serverName.Length > 0,
            ApplicationProtocols = protocols ?? [],
            LocalAddress = NetAddress.From(System.Net.IPAddress.Parse(local), port),
            RemoteAddress = NetAddress.From(System.Net.IPAddress.Parse(source), sourcePort),
        })?.Name ?? "none";

    private static FilterChainTable Table(params (string Name, string Match)[] chains)
    {
        var table = new FilterChainTable(null);
        foreach ((string name, string match) in chains)
        {
            Assert.True(table.TryAdd(Chain(name, match)));
        }

        return table;
    }

    private static RuntimeFilterChain Chain(string name, string match) => new() { Name = name, Match = XdsJson.Parse<FilterChainMatch>(match) };
}
