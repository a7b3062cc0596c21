using System.Text;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Formatting;
using Tidegate.Proxy.Istio;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;
using Tidegate.Xds;

namespace Tidegate.Proxy.Tests.Telemetry;

/// <summary>What is said of the cluster and the endpoint that a request went to.</summary>
public sealed class UpstreamOperatorTests : IAsyncDisposable
{
    private const string ClusterName = "outbound|80||webapp.istioinaction.svc.cluster.local";

    private readonly RuntimeConfiguration _configuration;
    private readonly HttpExchange _exchange = SampleExchange.Create();

    public UpstreamOperatorTests()
    {
        _configuration = new RuntimeConfiguration(Bootstrap(), NullLoggerFactory.Instance, TimeProvider.System);
        _exchange.Cluster = _configuration.Clusters.Single();
        _exchange.Endpoint = _exchange.Cluster.Endpoints.All.Single();
        _exchange.ClusterName = _exchange.Cluster.Name;
    }

    public ValueTask DisposeAsync() => _configuration.DisposeAsync();

    [Theory]
    [InlineData("%UPSTREAM_CLUSTER_RAW%", ClusterName)]
    [InlineData("%UPSTREAM_CLUSTER%", ClusterName + ";")]
    [InlineData("%UPSTREAM_HOST%", "10.1.2.3:8080")]
    [InlineData("%UPSTREAM_HOST_NAME%", "webapp-0")]
    [InlineData("%UPSTREAM_REMOTE_ADDRESS%", "10.1.2.3:8080")]
    [InlineData("%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.1.2.3")]
    [InlineData("%UPSTREAM_REMOTE_PORT%", "8080")]
    public void An_operator_prints_its_value(string format, string expected)
    {
        byte[] line = new byte[200];
        int length = TextFormat.Compile(format, false, out _)!.Format(_exchange, line);

        Assert.Equal(expected, Encoding.UTF8.GetString(line, 0, length));
    }

    [Fact]
    public void A_request_is_counted_for_its_service_and_its_workload()
    {
        var stats = new StatsStore(1);
        WorkerIstioMetrics worker = new IstioMetrics(stats, new IstioWorkload(), "1").ForWorker(0);
        worker.Record(_exchange);
        _exchange.Endpoint = null;
        worker.Record(_exchange);
        StatSample[] requests = [.. stats.Sample().Samples.Where(s => s.Name.Name == "istio_requests_total")];

        Assert.Equal(["unknown", "webapp-v1"], requests.Select(s => Label(s, "destination_workload")).Order());
        Assert.All(requests, s => Assert.Equal("webapp.istioinaction.svc.cluster.local", Label(s, "destination_service")));
        Assert.All(requests, s => Assert.Equal("istioinaction", Label(s, "destination_service_namespace")));
    }

    [Fact]
    public void Recording_for_a_known_endpoint_allocates_nothing()
    {
        WorkerIstioMetrics worker = new IstioMetrics(new StatsStore(1), new IstioWorkload(), "1").ForWorker(0);
        worker.Record(_exchange);

        Assert.Equal(0, Allocations.Of(() => worker.Record(_exchange)));
    }

    [Fact]
    public void A_listener_with_a_format_that_makes_no_sense_is_refused()
    {
        var manager = new HttpConnectionManager
        {
            StatPrefix = "bad",
            RouteConfig = new RouteConfiguration { Name = "none" },
            HttpFilters = { new HttpFilter { Name = "envoy.filters.http.router", TypedConfig = Any.Pack(new Router()) } },
            AccessLog = { AccessLogTests.TextLog("%NOPE%\n") },
        };
        var chain = new FilterChain { Filters = { new Envoy.Config.Listener.V3.Filter { Name = "envoy.filters.network.http_connection_manager", TypedConfig = Any.Pack(manager) } } };
        var listener = new Listener
        {
            Name = "bad",
            Address = new Address { SocketAddress = new SocketAddress { Address = "127.0.0.1", PortValue = 8080 } },
            FilterChains = { chain },
        };
        var resource = new XdsResource(new XdsName(XdsTypes.Listener, "bad"), "1", listener);
        RuntimeChange change = _configuration.Apply(new XdsDelta("1", [resource], []));

        Assert.Contains("access_log[0]: access log test: %NOPE% is not", Assert.Single(change.Rejections).Reason, StringComparison.Ordinal);
    }

    private static string Label(StatSample sample, string name) => sample.Scope.Tags.Single(t => t.Name == name).Value;

    private static Bootstrap Bootstrap()
    {
        var endpoint = new LbEndpoint
        {
            Endpoint = new Endpoint
            {
                Hostname = "webapp-0",
                Address = new Address { SocketAddress = new SocketAddress { Address = "10.1.2.3", PortValue = 8080 } },
            },
            Metadata = new Metadata
            {
                FilterMetadata = { ["istio"] = new Struct { Fields = { ["workload"] = Value.ForString("webapp-v1;istioinaction;webapp;v1;Kubernetes") } } },
            },
        };
        var cluster = new Cluster
        {
            Name = ClusterName,
            AltStatName = ClusterName + ";",
            Type = Cluster.Types.DiscoveryType.Static,
            LoadAssignment = new ClusterLoadAssignment { ClusterName = ClusterName, Endpoints = { new LocalityLbEndpoints { LbEndpoints = { endpoint } } } },
        };
        return new Bootstrap { StaticResources = new Bootstrap.Types.StaticResources { Clusters = { cluster } } };
    }
}
