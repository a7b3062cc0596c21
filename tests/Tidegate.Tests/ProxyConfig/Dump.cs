using Envoy.Admin.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;
using Tidegate.Tests.Commands;
using Filter = Envoy.Config.Listener.V3.Filter;

namespace Tidegate.Tests.ProxyConfig;

/// <summary>A config dump made by hand, and the commands that read it.</summary>
internal sealed class Dump
{
    private readonly ListenersConfigDump _listeners = new();
    private readonly RoutesConfigDump _routes = new();
    private readonly ClustersConfigDump _clusters = new();
    private readonly List<IMessage> _others = [];

    /// <summary>Adds a listener that the control plane sent.</summary>
    public Dump With(Listener listener)
    {
        _listeners.DynamicListeners.Add(new ListenersConfigDump.Types.DynamicListener
        {
            Name = listener.Name,
            ActiveState = new ListenersConfigDump.Types.DynamicListenerState { VersionInfo = "1", Listener = Any.Pack(listener) },
        });
        return this;
    }

    /// <summary>Adds a listener of the bootstrap.</summary>
    public Dump WithStatic(Listener listener)
    {
        _listeners.StaticListeners.Add(new ListenersConfigDump.Types.StaticListener { Listener = Any.Pack(listener) });
        return this;
    }

    /// <summary>Adds routes that the control plane sent.</summary>
    public Dump With(RouteConfiguration routes)
    {
        _routes.DynamicRouteConfigs.Add(new RoutesConfigDump.Types.DynamicRouteConfig { VersionInfo = "1", RouteConfig = Any.Pack(routes) });
        return this;
    }

    /// <summary>Adds routes of the bootstrap.</summary>
    public Dump WithStatic(RouteConfiguration routes)
    {
        _routes.StaticRouteConfigs.Add(new RoutesConfigDump.Types.StaticRouteConfig { RouteConfig = Any.Pack(routes) });
        return this;
    }

    /// <summary>Adds a cluster that the control plane sent.</summary>
    public Dump With(Cluster cluster)
    {
        _clusters.DynamicActiveClusters.Add(new ClustersConfigDump.Types.DynamicCluster { Cluster = Any.Pack(cluster) });
        return this;
    }

    /// <summary>Adds a section.</summary>
    public Dump With(IMessage section)
    {
        _others.Add(section);
        return this;
    }

    /// <summary>The dump in either spelling of names.</summary>
    public string ToJson(ProtoJsonForm form)
    {
        var dump = new ConfigDump();
        dump.Configs.Add(new IMessage[] { _clusters, _listeners, _routes }.Concat(_others).Select(Any.Pack));
        return ProtoJson.Format(dump, form, indent: 1);
    }

    /// <summary>Runs <c>proxy-config</c> on the dump, in both spellings, which have to give the same.</summary>
    public async Task<string> PrintAsync(params string[] arguments)
    {
        CommandRun snake = await CommandRun.WithInputAsync(ToJson(ProtoJsonForm.ProtoNames), ["proxy-config", .. arguments, "--file", "-"]);
        CommandRun camel = await CommandRun.WithInputAsync(ToJson(ProtoJsonForm.Canonical), ["pc", .. arguments, "-f", "-"]);
        Assert.Equal(snake.Output, camel.Output);
        return snake.Succeeded;
    }

    /// <summary>The dump of the tutorial: with the Gateway, and with its VirtualService.</summary>
    public static Dump OfTutorial(bool hasGateway, bool hasVirtualService)
    {
        var dump = new Dump()
            .WithStatic(HttpListener(15021, new RouteConfiguration { VirtualHosts = { Host("backend", ["*"], RouteTo("/healthz/ready", "agent")) } }))
            .WithStatic(HttpListener(15090, new RouteConfiguration { VirtualHosts = { Host("backend", ["*"], RouteTo("/stats/prometheus", "prometheus_stats")) } }))
            .WithStatic(new RouteConfiguration { VirtualHosts = { Host("backend", ["*"], RouteTo("/healthz/ready", "agent")) } })
            .WithStatic(new RouteConfiguration { VirtualHosts = { Host("backend", ["*"], RouteTo("/stats/prometheus", "prometheus_stats")) } });
        if (!hasGateway)
        {
            return dump;
        }

        Route route = RouteTo("/", "outbound|80||webapp.istioinaction.svc.cluster.local");
        route.Metadata = ConfigMetadata("v1alpha3", "istioinaction", "virtual-service", "webapp-vs-from-gw");
        return dump
            .With(HttpListener(8080, "http.8080"))
            .With(new RouteConfiguration
            {
                Name = "http.8080",
                VirtualHosts = { hasVirtualService ? Host("webapp.istioinaction.io:80", ["webapp.istioinaction.io"], route) : Host("blackhole:80", ["*"]) },
                ValidateClusters = false,
                IgnorePortInHostMatching = true,
            });
    }

    /// <summary>A listener whose routes come by name.</summary>
    public static Listener HttpListener(uint port, string routeName, FilterChainMatch? match = null) =>
        Listener(port, new FilterChain { FilterChainMatch = match, Filters = { Http(new HttpConnectionManager { Rds = new Rds { RouteConfigName = routeName } }) } });

    /// <summary>A listener that has its routes in itself.</summary>
    public static Listener HttpListener(uint port, RouteConfiguration routes) =>
        Listener(port, new FilterChain { Filters = { Http(new HttpConnectionManager { RouteConfig = routes }) } });

    /// <summary>A listener on all addresses.</summary>
    public static Listener Listener(uint port, params FilterChain[] chains) => new() { Name = $"0.0.0.0_{port}", Address = Socket("0.0.0.0", port), FilterChains = { chains } };

    /// <summary>The filter of an HTTP connection manager.</summary>
    public static Filter Http(HttpConnectionManager manager) => new() { Name = "envoy.filters.network.http_connection_manager", TypedConfig = Any.Pack(manager) };

    /// <summary>The filter of a TCP proxy.</summary>
    public static Filter Tcp(string cluster) => new() { Name = "envoy.filters.network.tcp_proxy", TypedConfig = Any.Pack(new TcpProxy { Cluster = cluster }) };

    /// <summary>A virtual host.</summary>
    public static VirtualHost Host(string name, string[] domains, params Route[] routes) => new() { Name = name, Domains = { domains }, Routes = { routes } };

    /// <summary>A route by prefix to a cluster.</summary>
    public static Route RouteTo(string prefix, string cluster) => new() { Match = new RouteMatch { Prefix = prefix }, Route_ = new RouteAction { Cluster = cluster } };

    /// <summary>An address.</summary>
    public static Address Socket(string address, uint port) => new() { SocketAddress = new SocketAddress { Address = address, PortValue = port } };

    /// <summary>What says which object something was made from.</summary>
    public static Metadata ConfigMetadata(string version, string nameSpace, string kind, string name) => new()
    {
        FilterMetadata =
        {
            ["istio"] = new Struct { Fields = { ["config"] = Value.ForString($"/apis/networking.istio.io/{version}/namespaces/{nameSpace}/{kind}/{name}") } },
        },
    };

    /// <summary>Endpoints of a cluster.</summary>
    public static ClusterLoadAssignment Assignment(string cluster, Locality? locality, params (string Address, uint Port, HealthStatus Status)[] endpoints) => new()
    {
        ClusterName = cluster,
        Endpoints =
        {
            new LocalityLbEndpoints
            {
                Locality = locality,
                LbEndpoints = { endpoints.Select(endpoint => new LbEndpoint { Endpoint = new Endpoint { Address = Socket(endpoint.Address, endpoint.Port) }, HealthStatus = endpoint.Status }) },
            },
        },
    };
}
