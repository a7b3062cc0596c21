using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Runtime;
using Tidegate.Xds;

namespace Tidegate.Proxy.Tests.Runtime;

/// <summary>xDS for tests, written as JSON.</summary>
internal static class XdsJson
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(XdsTypeRegistry.Instance));

    /// <summary>A message; quotes may be single.</summary>
    public static T Parse<T>(string json)
        where T : IMessage, new() => Parser.Parse<T>(json.Replace('\'', '"'));

    /// <summary>A message as the resource that a delta carries.</summary>
    public static XdsResource ToResource(this IMessage message, string version = "1") => message switch
    {
        Listener listener => new XdsResource(new XdsName(XdsTypes.Listener, listener.Name), version, listener),
        RouteConfiguration routes => new XdsResource(new XdsName(XdsTypes.Route, routes.Name), version, routes),
        Cluster cluster => new XdsResource(new XdsName(XdsTypes.Cluster, cluster.Name), version, cluster),
        ClusterLoadAssignment endpoints => new XdsResource(new XdsName(XdsTypes.Endpoint, endpoints.ClusterName), version, endpoints),
        Secret secret => new XdsResource(new XdsName(XdsTypes.Secret, secret.Name), version, secret),
        _ => throw new ArgumentException(message.Descriptor.FullName),
    };

    /// <summary>The same message, changed.</summary>
    public static T With<T>(this T message, Action<T> change)
        where T : IMessage
    {
        change(message);
        return message;
    }

    /// <summary>A delta with these resources.</summary>
    public static XdsDelta Delta(string version, params IMessage[] changed) => new(version, [.. changed.Select(message => message.ToResource(version))], []);

    /// <summary>A delta that takes these away.</summary>
    public static XdsDelta Without(string version, params IMessage[] removed) => new(version, [], [.. removed.Select(static message => message.ToResource().Name)]);

    /// <summary>A compiled route configuration.</summary>
    public static RouteTable Routes(string json)
    {
        var report = new CompileReport();
        RouteTable table = new RouteCompiler(FilterParts.Of(new ClusterSlotTable())).Compile(Parse<RouteConfiguration>(json), report.Root);
        Assert.Empty(report.LeftOut);
        return table;
    }

    /// <summary>What of a route configuration is refused, and why.</summary>
    public static IReadOnlyList<string> RouteReasons(string json)
    {
        var report = new CompileReport();
        new RouteCompiler(FilterParts.Of(new ClusterSlotTable())).Compile(Parse<RouteConfiguration>(json), report.Root);
        return [.. report.LeftOut.Select(static unit => unit.ToString())];
    }

    /// <summary>A listener of one chain with a connection manager.</summary>
    public static Listener Listener(string name = "0.0.0.0_8080", int port = 8080, string routes = "http.8080", string manager = "", string chain = "") => Parse<Listener>($$$"""
        {
          "name": "{{{name}}}",
          "address": {"socketAddress": {"address": "0.0.0.0", "portValue": {{{port}}}}},
          "filterChains": [{
            "filters": [{
              "name": "envoy.filters.network.http_connection_manager",
              "typedConfig": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "statPrefix": "outbound_0.0.0.0_8080;",
                "rds": {"configSource": {"ads": {}}, "routeConfigName": "{{{routes}}}"},
                "httpFilters": [{"name": "envoy.filters.http.router", "typedConfig": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}}]
                {{{manager}}}
              }
            }]
            {{{chain}}}
          }]
        }
        """);

    /// <summary>An EDS cluster.</summary>
    public static Cluster EdsCluster(string name, string more = "") => Parse<Cluster>($$$"""
        {"name": "{{{name}}}", "type": "EDS", "edsClusterConfig": {"edsConfig": {"ads": {}}, "serviceName": "{{{name}}}"}, "connectTimeout": "10s" {{{more}}}}
        """);

    /// <summary>An assignment of one locality; addresses as <c>10.0.0.1:80</c>, with <c>!</c> behind when unhealthy and <c>*3</c> for a weight.</summary>
    public static ClusterLoadAssignment Assignment(string name, params string[] addresses)
    {
        var assignment = new ClusterLoadAssignment { ClusterName = name };
        var locality = new LocalityLbEndpoints();
        foreach (string text in addresses)
        {
            bool isUnhealthy = text.EndsWith('!');
            string[] parts = text.TrimEnd('!').Split('*');
            string[] address = parts[0].Split(':');
            locality.LbEndpoints.Add(new LbEndpoint
            {
                Endpoint = new Endpoint
                {
                    Address = new Envoy.Config.Core.V3.Address
                    {
                        SocketAddress = new Envoy.Config.Core.V3.SocketAddress
                        {
                            Address = address[0],
                            PortValue = uint.Parse(address[1], System.Globalization.CultureInfo.InvariantCulture),
                        },
                    },
                },
                HealthStatus = isUnhealthy ? Envoy.Config.Core.V3.HealthStatus.Unhealthy : Envoy.Config.Core.V3.HealthStatus.Healthy,
                LoadBalancingWeight = parts.Length > 1 ? uint.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture) : null,
            });
        }

        assignment.Endpoints.Add(locality);
        return assignment;
    }
}
