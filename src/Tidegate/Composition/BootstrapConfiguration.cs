using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Type.Matcher.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation;
using Tidegate.Running;
using Tidegate.Settings;
using Filter = Envoy.Config.Listener.V3.Filter;
using Node = Envoy.Config.Core.V3.Node;

namespace Tidegate.Composition;

/// <summary>
/// What the data plane starts from before any configuration has come (istio-gateway.md 2.8, 5.8): who it is, the readiness and
/// metrics listeners, and the clusters behind them. <c>proxy-config bootstrap</c> prints just this.
/// </summary>
internal static class BootstrapConfiguration
{
    /// <summary>Makes it.</summary>
    public static Bootstrap Make(RunOptions options, ProxyNode node)
    {
        var bootstrap = new Bootstrap
        {
            Node = MakeNode(options, node),
            Admin = new Envoy.Config.Bootstrap.V3.Admin { Address = AddressOf(options.AdminAddress.ToString(), options.AdminPort) },
            StaticResources = new Bootstrap.Types.StaticResources(),
            LayeredRuntime = MakeRuntime(),
        };
        bootstrap.StaticResources.Listeners.Add(MakeListener("agent", options, options.StatusPort, "/healthz/ready", "agent"));
        bootstrap.StaticResources.Listeners.Add(MakeListener("stats", options, options.MetricsPort, "/stats/prometheus", "prometheus_stats"));
        bootstrap.StaticResources.Clusters.Add(MakeCluster("prometheus_stats", options.AdminAddress.ToString(), options.AdminPort));
        bootstrap.StaticResources.Clusters.Add(MakeCluster("agent", options.AdminAddress.ToString(), options.AgentPort));
        return bootstrap;
    }

    // What Istio's bootstrap sets (istio-gateway.md 2.8): a fragment is cut off the path instead of answered 400.
    private static LayeredRuntime MakeRuntime() => new()
    {
        Layers =
        {
            new RuntimeLayer
            {
                Name = "global config",
                StaticLayer = new Struct
                {
                    Fields =
                    {
                        ["re2.max_program_size.error_level"] = Value.ForNumber(32768),
                    },
                },
            },
        },
    };

    private static Node MakeNode(RunOptions options, ProxyNode node)
    {
        var labels = new Struct();
        foreach ((string key, string value) in options.GatewayLabels)
        {
            labels.Fields[key] = Value.ForString(value);
        }

        var metadata = new Struct
        {
            Fields =
            {
                ["CLUSTER_ID"] = Value.ForString("Kubernetes"),
                ["ISTIO_VERSION"] = Value.ForString(options.Compatibility == CompatibilityVersion.Istio1_16 ? "1.16.0" : "1.30.3"),
                ["LABELS"] = Value.ForStruct(labels),
                ["NAME"] = Value.ForString(node.Name),
                ["NAMESPACE"] = Value.ForString(node.Namespace),
                ["OWNER"] = Value.ForString($"kubernetes://apis/apps/v1/namespaces/{node.Namespace}/deployments/{node.Workload}"),
                ["TIDEGATE_VERSION"] = Value.ForString(ProductVersion.Text),
                ["WORKLOAD_NAME"] = Value.ForString(node.Workload),
            },
        };
        return new Node
        {
            Id = node.Id,
            Cluster = node.Cluster,
            Metadata = metadata,
            UserAgentName = "tidegate",
            UserAgentBuildVersion = new BuildVersion { Version = ProductVersion.Semantic },
        };
    }

    // These ports are open to everybody, and what is behind them is not: a prefix, as Istio has it and as it is shown, but exactly this path. Scrapers call the gateway by
    // any name, and the admin pages go by localhost.
    private static Listener MakeListener(string statPrefix, RunOptions options, int port, string path, string cluster)
    {
        var match = new RouteMatch { Prefix = path };
        match.Headers.Add(new HeaderMatcher
        {
            Name = ":path",
            StringMatch = new StringMatcher { SafeRegex = new RegexMatcher { Regex = $@"{path}(\?.*)?" } },
        });
        var host = new VirtualHost { Name = "backend", Domains = { "*" } };
        host.Routes.Add(new Route { Match = match, Route_ = new RouteAction { Cluster = cluster, HostRewriteLiteral = "localhost" } });
        var manager = new HttpConnectionManager
        {
            StatPrefix = statPrefix,
            CodecType = HttpConnectionManager.Types.CodecType.Auto,
            RouteConfig = new RouteConfiguration { VirtualHosts = { host } },
            CommonHttpProtocolOptions = new HttpProtocolOptions { IdleTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(options.Proxy.PageIdleTimeoutMs)) },
        };
        manager.HttpFilters.Add(new HttpFilter { Name = "envoy.filters.http.router", TypedConfig = Any.Pack(new Router()) });
        var chain = new FilterChain();
        chain.Filters.Add(new Filter { Name = "envoy.filters.network.http_connection_manager", TypedConfig = Any.Pack(manager) });
        return new Listener
        {
            Name = $"0.0.0.0_{port}",
            Address = AddressOf("0.0.0.0", port),
            FilterChains = { chain },
            IgnoreGlobalConnLimit = true,
        };
    }

    private static Cluster MakeCluster(string name, string address, int port)
    {
        var locality = new LocalityLbEndpoints();
        locality.LbEndpoints.Add(new LbEndpoint { Endpoint = new Envoy.Config.Endpoint.V3.Endpoint { Address = AddressOf(address, port) } });
        return new Cluster
        {
            Name = name,
            Type = Cluster.Types.DiscoveryType.Static,
            ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(250)),
            LbPolicy = Cluster.Types.LbPolicy.RoundRobin,
            LoadAssignment = new ClusterLoadAssignment { ClusterName = name, Endpoints = { locality } },
        };
    }

    private static Address AddressOf(string address, int port) =>
        new() { SocketAddress = new SocketAddress { Address = address, PortValue = (uint)port } };
}
