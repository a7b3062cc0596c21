using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy;
using Tidegate.Proxy.Workers;
using Tidegate.Xds;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>
/// A data plane in this process with one listener, one route and one cluster, for what xDS can ask and no Istio object does. All JSON
/// is that of Envoy's API.
/// </summary>
public sealed class XdsProxy : IAsyncDisposable
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(XdsTypeRegistry.Instance));

    private readonly ProxyServer _server;
    private readonly System.Net.IPAddress _address = Loopback.Next();

    private XdsProxy(ProxyOptions options)
    {
        var bootstrap = new Bootstrap { Node = new Envoy.Config.Core.V3.Node { Id = "router~test", Cluster = "test", Metadata = new Struct() } };
        _server = ProxyServer.Create(options with { Concurrency = 1, BindAddress = _address }, bootstrap, NullLoggerFactory.Instance);
    }

    /// <summary>Starts one.</summary>
    /// <param name="backend">Where everything goes.</param>
    /// <param name="manager">Fields of the connection manager: <c>"requestTimeout": "1s"</c>.</param>
    /// <param name="route">Fields of the route's action.</param>
    /// <param name="protocol">Fields of the cluster's common HTTP protocol options.</param>
    /// <param name="options">What the proxy is told.</param>
    /// <param name="match">Fields of the route's match.</param>
    public static Task<XdsProxy> StartAsync(
        ScriptedBackend backend,
        string manager = "",
        string route = "",
        string protocol = "",
        ProxyOptions? options = null,
        string match = "'prefix': '/'") =>
        StartAsync(backend.EndPoint, "'explicitHttpConfig': {'httpProtocolOptions': {} }", manager, route, protocol, options, match);

    /// <summary>The same with a backend of any kind.</summary>
    /// <param name="backend">Where everything goes.</param>
    /// <param name="speaks">What is spoken with it, in the cluster's HTTP protocol options.</param>
    /// <param name="manager">Fields of the connection manager.</param>
    /// <param name="route">Fields of the route's action.</param>
    /// <param name="protocol">Fields of the cluster's common HTTP protocol options.</param>
    /// <param name="options">What the proxy is told.</param>
    /// <param name="match">Fields of the route's match.</param>
    /// <param name="filters">HTTP filters before the router, with a comma behind each.</param>
    public static async Task<XdsProxy> StartAsync(
        System.Net.IPEndPoint backend,
        string speaks,
        string manager = "",
        string route = "",
        string protocol = "",
        ProxyOptions? options = null,
        string match = "'prefix': '/'",
        string filters = "")
    {
        var proxy = new XdsProxy(options ?? new ProxyOptions());
        await proxy._server.StartAsync();
        Cluster cluster = Parser.Parse<Cluster>($$$$"""
            {
              "name": "backend", "type": "STATIC",
              "loadAssignment": {"clusterName": "backend", "endpoints": [{"lbEndpoints": [{"endpoint": {"address":
                {"socketAddress": {"address": "{{{{backend.Address}}}}", "portValue": {{{{backend.Port}}}} } }}}]}]},
              "typedExtensionProtocolOptions": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "commonHttpProtocolOptions": { {{{{protocol.Replace('\'', '"')}}}} }, {{{{speaks.Replace('\'', '"')}}}} }}
            }
            """);
        Listener listener = Parser.Parse<Listener>($$$$"""
            {
              "name": "0.0.0.0_8080", "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 8080} },
              "filterChains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typedConfig": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "statPrefix": "test", "normalizePath": true, "useRemoteAddress": true, "streamIdleTimeout": "0s",
                "routeConfig": {"name": "inline", "virtualHosts": [{"name": "all", "domains": ["*"], "routes": [
                  {"match": { {{{{match.Replace('\'', '"')}}}} }, "route": {"cluster": "backend", "timeout": "0s" {{{{Comma(route)}}}} }}]}]},
                "httpFilters": [{{{{filters.Replace('\'', '"')}}}} {"name": "envoy.filters.http.router", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]
                {{{{Comma(manager)}}}}
              }}]}]
            }
            """);
        IReadOnlyList<XdsRejection> rejections = await proxy._server.ApplyAsync(new XdsDelta(
            "1",
            [
                new XdsResource(new XdsName(XdsTypes.Cluster, cluster.Name), "1", cluster),
                new XdsResource(new XdsName(XdsTypes.Listener, listener.Name), "1", listener),
            ],
            []));
        Assert.Empty(rejections);
        return proxy;
    }

    /// <summary>Where it listens.</summary>
    public System.Net.IPEndPoint EndPoint => new(_address, 8080);

    /// <summary>A raw connection.</summary>
    public Task<RawClient> ConnectAsync() => RawClient.ConnectAsync(EndPoint);

    /// <summary>Takes no new work; completes when what is under way has ended.</summary>
    public Task DrainAsync() => _server.EndAsync(acceptsMeanwhile: false);

    /// <summary>One request on a connection of its own.</summary>
    public async Task<WireResponse> ExchangeAsync(string request)
    {
        using RawClient client = await ConnectAsync();
        return await client.ExchangeAsync(request);
    }

    /// <summary>A GET on a connection of its own.</summary>
    public Task<WireResponse> GetAsync(string path = "/", string fields = "") => ExchangeAsync($"GET {path} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");

    /// <summary>A counter by its full name.</summary>
    public long Counter(string name) => _server.Stats.Sample().Samples.Single(sample => sample.FullName == name).Value;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string Comma(string fields) => fields.Length > 0 ? $", {fields.Replace('\'', '"')}" : "";
}
