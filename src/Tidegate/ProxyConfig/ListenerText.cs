using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Envoy.Extensions.Filters.Network.TcpProxy.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;

namespace Tidegate.ProxyConfig;

/// <summary>The cells of the table of listeners (cli.md, 1.2 to 1.7).</summary>
internal static class ListenerText
{
    private const string HttpFilter = "envoy.filters.network.http_connection_manager";
    private const string TcpFilter = "envoy.filters.network.tcp_proxy";

    // Lists of application protocols that istiod sends, and what stands for them in the table.
    private static readonly (string Label, string[] Protocols)[] KnownApplicationProtocols =
    [
        ("App: HTTP TLS", ["http/1.0", "http/1.1", "h2c", "istio-http/1.0", "istio-http/1.1", "istio-h2"]),
        ("App: Istio HTTP Plain", ["istio", "istio-http/1.0", "istio-http/1.1", "istio-h2"]),
        ("App: TCP TLS", ["istio-peer-exchange", "istio"]),
        ("App: HTTP", ["http/1.0", "http/1.1", "h2c"]),
    ];

    /// <summary>All addresses of a listener; release 1.16 knows only the first.</summary>
    public static IReadOnlyList<string> Addresses(Listener listener, TableForm form)
    {
        string first = listener.Address?.AddressCase switch
        {
            Address.AddressOneofCase.SocketAddress => listener.Address.SocketAddress.Address,
            Address.AddressOneofCase.Pipe => listener.Address.Pipe.Path,
            _ => string.Empty,
        };
        return form == TableForm.Current
            ? [first, .. listener.AdditionalAddresses.Select(additional => additional.Address?.SocketAddress?.Address ?? string.Empty)]
            : [first];
    }

    /// <summary>The port; 0 when it has none.</summary>
    public static uint Port(Listener listener) => listener.Address?.SocketAddress?.PortValue ?? 0;

    /// <summary><c>HTTP</c>, <c>TCP</c>, <c>HTTP+TCP</c> or <c>UNKNOWN</c>.</summary>
    public static string TypeOf(Listener listener)
    {
        Filter[] filters = [.. FilterChains(listener).SelectMany(chain => chain.Filters)];
        bool isHttp = filters.Any(filter => filter.Name == HttpFilter);
        bool isTcp = filters.Any(filter => filter.Name == TcpFilter && !IsBlackHole(filter));
        return (isHttp, isTcp) switch
        {
            (true, false) => "HTTP",
            (true, true) => "HTTP+TCP",
            (false, true) => "TCP",
            _ => "UNKNOWN",
        };
    }

    /// <summary>The filter chains, the default one last.</summary>
    public static IEnumerable<FilterChain> FilterChains(Listener listener) =>
        listener.DefaultFilterChain is null ? listener.FilterChains : listener.FilterChains.Append(listener.DefaultFilterChain);

    /// <summary>What a connection has to be like for the chain.</summary>
    public static string Match(FilterChain chain)
    {
        FilterChainMatch match = chain.FilterChainMatch ?? new FilterChainMatch();
        List<string> parts = [];
        if (match.ServerNames.Count > 0)
        {
            parts.Add($"SNI: {string.Join(',', match.ServerNames)}");
        }

        if (match.TransportProtocol.Length > 0)
        {
            parts.Add($"Trans: {match.TransportProtocol}");
        }

        if (match.ApplicationProtocols.Count > 0)
        {
            string? label = KnownApplicationProtocols.FirstOrDefault(known => known.Protocols.SequenceEqual(match.ApplicationProtocols)).Label;
            parts.Add(label ?? $"App: {string.Join(',', match.ApplicationProtocols)}");
        }

        string port = match.DestinationPort is { } destinationPort ? $":{destinationPort}" : string.Empty;
        if (match.PrefixRanges.Count > 0)
        {
            parts.Add($"Addr: {string.Join(',', match.PrefixRanges.Select(range => $"{range.AddressPrefix}/{range.PrefixLen ?? 0}"))}{port}");
        }
        else if (port.Length > 0)
        {
            parts.Add($"Addr: *{port}");
        }

        return parts.Count == 0 ? "ALL" : string.Join("; ", parts);
    }

    /// <summary>Where a chain leads to: the first filter that says it.</summary>
    public static string Destination(FilterChain chain, TableForm form)
    {
        foreach (Filter filter in chain.Filters)
        {
            try
            {
                switch (filter.Name)
                {
                    case HttpFilter:
                        return DestinationOf(ConfigDumpDocument.Unpack<HttpConnectionManager>(filter.TypedConfig), form);
                    case TcpFilter when !IsBlackHole(filter):
                        return ClusterText(ConfigDumpDocument.Unpack<TcpProxy>(filter.TypedConfig).Cluster);
                    default:
                        break;
                }
            }
            catch (InvalidProtocolBufferException exception)
            {
                return exception.Message;
            }
        }

        return "Non-HTTP/Non-TCP";
    }

    private static string DestinationOf(HttpConnectionManager http, TableForm form) => http switch
    {
        { RouteConfig: { } inline } => InlineRoute(inline, form),
        { Rds.RouteConfigName: { Length: > 0 } name } => $"Route: {name}",
        _ => "HTTP",
    };

    private static string InlineRoute(RouteConfiguration routes, TableForm form)
    {
        if (routes.VirtualHosts is [{ Domains: ["*"], Routes: [{ Match: { PathSpecifierCase: RouteMatch.PathSpecifierOneofCase.Prefix, Prefix: "/" } } route] }]
            && RouteText.SingleCluster(route) is { Length: > 0 } cluster)
        {
            return ClusterText(cluster);
        }

        return $"Inline Route: {string.Join("; ", routes.VirtualHosts.Select(host => VirtualHostText(host, form)))}";
    }

    private static string VirtualHostText(VirtualHost host, TableForm form)
    {
        string routes = string.Join(", ", host.Routes.Select(route => RouteText.Match(route.Match, form)));
        return host.Domains is ["*"] ? routes : $"{string.Join('/', host.Domains)} {routes}";
    }

    private static string ClusterText(string cluster) => cluster.Contains("Cluster", StringComparison.Ordinal) ? cluster : $"Cluster: {cluster}";

    private static bool IsBlackHole(Filter filter) =>
        filter.TypedConfig is Any config && config.Value.Span.IndexOf("BlackHoleCluster"u8) >= 0;
}
