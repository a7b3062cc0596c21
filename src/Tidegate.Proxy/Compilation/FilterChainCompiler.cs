using Envoy.Config.Listener.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// Compiles filter chains. Each is a unit of refusal: its last good version takes its place, where there is one; else its connections are closed, and
/// no other chain gets them.
/// </summary>
internal sealed class FilterChainCompiler(
    HttpConnectionManagerCompiler managers, TcpProxyCompiler proxies, ConnectionFilterCompiler connectionFilters, ConnectionGateCompiler connectionGates, TlsContextCompiler tls)
{
    private const string HttpConnectionManagerFilter = "envoy.filters.network.http_connection_manager";
    private const string HttpConnectionManagerType = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    private const string TcpProxyFilter = "envoy.filters.network.tcp_proxy";
    private const string TcpProxyType = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";

    // Istio's exchange of metadata over mutual TLS between sidecars, which does nothing with other peers; its statistics are
    // counted for every listener that is not the gateway's own.
    private static readonly string[] IgnoredFilters = ["istio.metadata_exchange", "istio.stats"];

    /// <summary>Compiles a chain; null when it is not even known which connections it is for.</summary>
    /// <param name="source">What is compiled.</param>
    /// <param name="scope">Where it stands.</param>
    /// <param name="before">Chains of earlier versions of the listener; the newest first.</param>
    public RuntimeFilterChain? Compile(FilterChain source, CompileScope scope, IEnumerable<RuntimeFilterChain?> before)
    {
        CompileUnit unit = scope.BeginUnit(ConfigOrigin.Of(source.Metadata));
        IEnumerable<RuntimeFilterChain> known = before.OfType<RuntimeFilterChain>().Where(chain => !chain.IsUnavailable && Equals(chain.Match, source.FilterChainMatch));
        FilterChainMatchCompiler.Check(source.FilterChainMatch, unit.Scope.At("filter_chain_match"));
        bool isMatchKnown = !unit.IsRefused;
        RuntimeFilterChain? chain = null;
        try
        {
            chain = CompileChain(source, unit.Scope, known);
        }
        catch (Exception exception)
        {
            unit.Fail(exception);
        }

        if (!unit.IsRefused)
        {
            return chain;
        }

        RuntimeFilterChain? lastGood = known.FirstOrDefault();
        unit.LeaveOut(lastGood is not null);
        return lastGood ?? (isMatchKnown ? new RuntimeFilterChain { Name = source.Name, Match = source.FilterChainMatch, IsUnavailable = true, InForce = source } : null);
    }

    private RuntimeFilterChain? CompileChain(FilterChain source, CompileScope scope, IEnumerable<RuntimeFilterChain> known)
    {
        int count = scope.Report.LeftOut.Count;
        DownstreamTls? transport = tls.Downstream(source.TransportSocket, scope.At("transport_socket"));
        long? timeoutMs = scope.At("transport_socket_connect_timeout").MillisecondsOrNull(source.TransportSocketConnectTimeout);
        if (source.Filters.Count == 0)
        {
            scope.Refuse("filters is empty");
            return null;
        }

        // The first that ends a chain does, whatever stands behind it.
        int end = source.Filters.ToList().FindIndex(static filter => TypeOf(filter) is HttpConnectionManagerType or TcpProxyType);
        end = end < 0 ? source.Filters.Count - 1 : end;
        List<ConnectionFilter> guards = [];
        List<ConnectionGate> gates = [];
        for (int i = 0; i < source.Filters.Count; i++)
        {
            if (i < end && ConnectionFilterCompiler.IsKnown(source.Filters[i].TypedConfig))
            {
                guards.AddRange(connectionFilters.Compile(source.Filters[i].TypedConfig, scope.At("filters", i)));
            }
            else if (i < end && ConnectionGateCompiler.IsKnown(source.Filters[i].TypedConfig))
            {
                gates.AddRange(connectionGates.Compile(source.Filters[i].TypedConfig, scope.At("filters", i), known.SelectMany(static chain => chain.Gates)));
            }
            else if (i != end)
            {
                CheckNetworkFilter(source.Filters[i], scope.At("filters", i), isBehindEnd: i > end);
            }
        }

        Filter last = source.Filters[end];
        CompileScope lastScope = scope.At("filters", end);
        RuntimeHttpConnectionManager? http = null;
        RuntimeTcpProxy? tcp = null;
        switch (TypeOf(last))
        {
            case HttpConnectionManagerType:
                lastScope.RefuseIf(guards.Count > 0, "filters for connections are not supported before it");
                http = managers.Compile(last.TypedConfig, lastScope, known.Select(static chain => chain.Http).OfType<RuntimeHttpConnectionManager>());
                break;
            case TcpProxyType:
                tcp = proxies.Compile(last.TypedConfig, lastScope, guards, known.Select(static chain => chain.TcpProxy).OfType<RuntimeTcpProxy>());
                break;
            default:
                lastScope.Refuse($"network filter \"{last.Name}\" is not supported yet");
                break;
        }

        return http is null && tcp is null ? null : new RuntimeFilterChain
        {
            Name = source.Name,
            Match = source.FilterChainMatch,
            InForce = scope.Report.LeftOut.Count == count ? source : InForce(source, last, http, tcp),
            Http = http,
            TcpProxy = tcp,
            Gates = gates,
            Tls = transport,
            HandshakeTimeoutMs = timeoutMs,
        };
    }

    private static void CheckNetworkFilter(Filter filter, CompileScope scope, bool isBehindEnd)
    {
        if (IgnoredFilters.Contains(filter.Name))
        {
            return;
        }

        bool isGuard = GuardRules.IsGuard(TypeOf(filter));
        string reason = isBehindEnd ? $"network filter \"{filter.Name}\" stands behind the one that ends the chain" : $"network filter \"{filter.Name}\" is not supported yet";
        scope.LeaveOutIf(!isGuard, reason);
        scope.RefuseIf(isGuard, reason);
    }

    // What a filter is its type tells; its name where it has none.
    private static string TypeOf(Filter filter) => filter switch
    {
        { TypedConfig: { } config } => CompileScope.TypeNameOf(config),
        { Name: HttpConnectionManagerFilter } => HttpConnectionManagerType,
        { Name: TcpProxyFilter } => TcpProxyType,
        _ => filter.Name,
    };

    private static FilterChain InForce(FilterChain source, Filter end, RuntimeHttpConnectionManager? http, RuntimeTcpProxy? tcp)
    {
        var inForce = new FilterChain(source);
        var last = new Filter(end);
        inForce.Filters.Clear();
        inForce.Filters.Add(source.Filters.Where(static filter => IgnoredFilters.Contains(filter.Name) || ConnectionFilterCompiler.IsKnown(filter.TypedConfig) || ConnectionGateCompiler.IsKnown(filter.TypedConfig)));
        inForce.Filters.Add(last);
        if (http is not null)
        {
            var manager = http.Source.Clone();
            manager.HttpFilters.Clear();
            manager.HttpFilters.Add(http.Filters.Select(static filter => filter.Source));
            manager.AccessLog.Clear();
            manager.AccessLog.Add(http.AccessLogs);
            if (manager.RouteConfig is not null && http.Routes.Current is { } routes)
            {
                manager.RouteConfig = routes.InForce;
            }

            last.TypedConfig = Any.Pack(manager);
        }
        else if (tcp is not null)
        {
            var proxy = tcp.Source.Clone();
            proxy.AccessLog.Clear();
            proxy.AccessLog.Add(tcp.AccessLogs);
            last.TypedConfig = Any.Pack(proxy);
        }

        return inForce;
    }
}
