using System.Text;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Tests.Telemetry;

namespace Tidegate.Proxy.Tests.Filters.RateLimits;

/// <summary>What each action makes of a request (Envoy: <c>RateLimit.Action</c>).</summary>
public sealed class RequestDescriptorTests
{
    private const string ClaimOf = "'metadataKey': {'key': 'jwt', 'path': [{'key': 'payload'}, {'key': 'sub'}]}";
    private const string RouteKey = "'metadataKey': {'key': 'istio', 'path': [{'key': 'tier'}]}";

    [Theory]
    [InlineData("'sourceCluster': {}", "source_cluster=gateway.here")]
    [InlineData("'destinationCluster': {}", "destination_cluster=outbound|80||shop")]
    [InlineData("'requestHeaders': {'headerName': 'User-Agent', 'descriptorKey': 'agent'}", "agent=curl/7.88.1")]
    [InlineData("'requestHeaders': {'headerName': ':path', 'descriptorKey': 'p'}", "p=/api/catalog?x=1&u=a%26b")]
    [InlineData("'requestHeaders': {'headerName': ':authority', 'descriptorKey': 'h'}", "h=webapp.istioinaction.io")]
    [InlineData("'requestHeaders': {'headerName': 'x-many', 'descriptorKey': 'm'}", "m=1,2")]
    [InlineData("'requestHeaders': {'headerName': 'x-none', 'descriptorKey': 'n'}", null)]
    [InlineData("'requestHeaders': {'headerName': 'x-none', 'descriptorKey': 'n', 'skipIfAbsent': true}", "")]
    [InlineData("'remoteAddress': {}", "remote_address=192.0.2.7")]
    [InlineData("'maskedRemoteAddress': {}", "masked_remote_address=192.0.2.7/32")]
    [InlineData("'maskedRemoteAddress': {'v4PrefixMaskLen': 29}", "masked_remote_address=192.0.2.0/29")]
    [InlineData("'maskedRemoteAddress': {'v4PrefixMaskLen': 0}", "masked_remote_address=0.0.0.0/0")]
    [InlineData("'genericKey': {'descriptorValue': 'v'}", "generic_key=v")]
    [InlineData("'genericKey': {'descriptorKey': 'k', 'descriptorValue': 'v'}", "k=v")]
    [InlineData("'headerValueMatch': {'descriptorValue': 'get', 'headers': [{'name': ':method', 'stringMatch': {'exact': 'GET'}}]}", "header_match=get")]
    [InlineData("'headerValueMatch': {'descriptorKey': 'k', 'descriptorValue': 'post', 'headers': [{'name': ':method', 'stringMatch': {'exact': 'POST'}}]}", null)]
    [InlineData("'headerValueMatch': {'descriptorKey': 'k', 'descriptorValue': 'v', 'expectMatch': false, 'headers': [{'name': ':method', 'stringMatch': {'exact': 'POST'}}]}", "k=v")]
    [InlineData("'queryParameterValueMatch': {'descriptorValue': 'one', 'queryParameters': [{'name': 'x', 'stringMatch': {'exact': '1'}}]}", "query_match=one")]
    [InlineData("'queryParameterValueMatch': {'descriptorValue': 'one', 'expectMatch': false, 'queryParameters': [{'name': 'x', 'presentMatch': true}]}", null)]
    [InlineData("'queryParameters': {'queryParameterName': 'u', 'descriptorKey': 'user'}", "user=a&b")]
    [InlineData("'queryParameters': {'queryParameterName': 'none', 'descriptorKey': 'user'}", null)]
    [InlineData("'queryParameters': {'queryParameterName': 'none', 'descriptorKey': 'user', 'skipIfAbsent': true}", "")]
    [InlineData("'metadata': {'descriptorKey': 'sub', " + ClaimOf + "}", "sub=ann")]
    [InlineData("'dynamicMetadata': {'descriptorKey': 'sub', " + ClaimOf + "}", "sub=ann")]
    [InlineData("'metadata': {'descriptorKey': 'age', 'metadataKey': {'key': 'jwt', 'path': [{'key': 'payload'}, {'key': 'age'}]}}", null)] // no text
    [InlineData("'metadata': {'descriptorKey': 'x', 'defaultValue': 'nobody', 'metadataKey': {'key': 'none', 'path': [{'key': 'x'}]}}", "x=nobody")]
    [InlineData("'metadata': {'descriptorKey': 'x', 'skipIfAbsent': true, 'metadataKey': {'key': 'none', 'path': [{'key': 'x'}]}}", "")]
    [InlineData("'metadata': {'descriptorKey': 'tier', 'source': 'ROUTE_ENTRY', " + RouteKey + "}", "tier=gold")]
    [InlineData("'metadata': {'descriptorKey': 'tier', 'source': 'ROUTE_ENTRY', 'metadataKey': {'key': 'istio', 'path': [{'key': 'none'}]}}", null)]
    public void An_action_makes_an_entry(string action, string? expected)
    {
        Assert.Equal(expected, Describe($"[{{{action}}}]"));
        Assert.Equal(expected is null ? null : string.Join(';', new[] { expected, "generic_key=behind" }.Where(static entry => entry.Length > 0)), Describe($"[{{{action}}}, {{'genericKey': {{'descriptorValue': 'behind'}}}}]"));
    }

    [Fact]
    public void Values_cannot_be_taken_for_other_entries()
    {
        byte[] two = [.. DescriptorEntries.Of("a", "b"), .. DescriptorEntries.Of("c", "d")];

        Assert.NotEqual(two, DescriptorEntries.Of("a", "b\0c\0d"));
        Assert.Equal("a=b;c=d", Text(two));
    }

    [Theory]
    [InlineData("'extension': {'name': 'x'}", "is not supported")]
    [InlineData("'requestHeaders': {'headerName': 'x'}", "header_name and descriptor_key are needed")]
    [InlineData("'queryParameters': {'queryParameterName': 'x'}", "query_parameter_name and descriptor_key are needed")]
    [InlineData("'metadata': {'descriptorKey': 'x'}", "key and path are needed")]
    [InlineData("'metadata': {'metadataKey': {'key': 'x', 'path': [{'key': 'x'}]}}", "descriptor_key is empty")]
    public void An_action_that_cannot_be_is_refused(string action, string reason) => Assert.Contains(reason, Assert.Single(XdsJson.RouteReasons(Routes($"[{{{action}}}]"))), StringComparison.Ordinal);

    private static string? Describe(string actions)
    {
        RouteTable table = new RouteCompiler(FilterParts.Of(new ClusterSlotTable(), ownCluster: "gateway.here"))
            .Compile(XdsJson.Parse<Envoy.Config.Route.V3.RouteConfiguration>(Routes(actions)), new CompileReport().Root);
        HttpExchange exchange = SampleExchange.Create();
        exchange.ClusterName = "outbound|80||shop";
        exchange.Request.SetPath("/api/catalog?x=1&u=a%26b"u8);
        exchange.Request.Headers.Add("x-many"u8, "1"u8);
        exchange.Request.Headers.Add("x-many"u8, "2"u8);
        exchange.DynamicMetadata.Set("jwt", "payload", MetadataValue.Of(new Dictionary<string, MetadataValue> { ["sub"] = MetadataValue.Of("ann"), ["age"] = MetadataValue.Of(7) }));
        var entries = new ByteBuilder(stackalloc byte[64]);
        string? described = Assert.Single(Assert.Single(table.VirtualHosts).Routes[0].RateLimits).TryWrite(exchange, ref entries) ? Text(entries.Written) : null;
        entries.Dispose();
        return described;
    }

    private static string Routes(string actions) => $$$$"""
        {'name': 'r', 'virtualHosts': [{'name': 'h', 'domains': ['*'], 'routes': [{'match': {'prefix': '/'}, 'metadata': {'filterMetadata': {'istio': {'tier': 'gold'}}},
          'route': {'cluster': 'outbound|80||shop', 'rateLimits': [{'actions': {{{{actions}}}} }]}}]}]}
        """;

    private static string Text(ReadOnlySpan<byte> entries)
    {
        List<string> text = [];
        while (DescriptorEntries.TryNext(ref entries, out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value))
        {
            text.Add($"{Encoding.UTF8.GetString(key)}={Encoding.UTF8.GetString(value)}");
        }

        return string.Join(';', text);
    }
}
