using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Tidegate.Proxy.ProxyProtocol;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls;
using ProxyProtocolProto = Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocol;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Compiles listeners (istio-gateway.md 2).</summary>
internal sealed class ListenerCompiler(HttpConnectionManagerCompiler managers, TcpProxyCompiler proxies, TlsContextCompiler tls)
{
    private const string HttpConnectionManagerFilter = "envoy.filters.network.http_connection_manager";

    private const string TcpProxyFilter = "envoy.filters.network.tcp_proxy";

    // Istio's exchange of metadata over mutual TLS between sidecars, which does nothing with other peers; its statistics are
    // counted for every listener that is not the gateway's own.
    private static readonly string[] IgnoredFilters = ["istio.metadata_exchange", "istio.stats"];

    private const string TlsInspector = "envoy.filters.listener.tls_inspector";
    private const string ProxyProtocolFilter = "envoy.filters.listener.proxy_protocol";

    /// <summary>Compiles a listener; null when there are reasons to refuse it.</summary>
    public RuntimeListener? Compile(Listener listener, bool isStatic, CompileReport report)
    {
        CompileScope scope = report.Root;
        scope.RefuseIf(listener.FilterChainMatcher is not null, "filter_chain_matcher is not supported");
        scope.RefuseIf(listener.UdpListenerConfig is not null, "udp_listener_config is not supported");
        scope.RefuseIf(listener.ApiListener is not null, "api_listener is not supported");
        scope.RefuseIf(listener.ListenerSpecifierCase == Listener.ListenerSpecifierOneofCase.InternalListener, "internal_listener is not supported");
        scope.RefuseIf(listener.UseOriginalDst == true, "use_original_dst is not supported");
        scope.RefuseIf(listener.Transparent == true, "transparent is not supported");
        ProxyHeaderPolicy? proxyHeader = null;
        for (int i = 0; i < listener.ListenerFilters.Count; i++)
        {
            ListenerFilter filter = listener.ListenerFilters[i];
            CompileScope at = scope.At("listener_filters", i);
            if (filter.Name == ProxyProtocolFilter)
            {
                // A header comes before everything else: behind the inspector it would be taken for what the inspector looks at.
                at.RefuseIf(i > 0, $"\"{ProxyProtocolFilter}\" is not the first");
                proxyHeader = CompileProxyHeader(filter, at);
            }
            else
            {
                at.RefuseIf(filter.Name != TlsInspector, $"listener filter \"{filter.Name}\" is not supported yet");
            }
        }

        IPEndPoint?[] addresses =
        [
            AddressCompiler.Listening(listener.Address, scope.At("address")),
            .. listener.AdditionalAddresses.Select(
                (additional, i) => AddressCompiler.Listening(additional.Address, scope.At("additional_addresses", i).At("address"))),
        ];
        scope.RefuseIf(listener.FilterChains.Count == 0 && listener.DefaultFilterChain is null, "filter_chains is empty");
        RuntimeFilterChain?[] chains = [.. listener.FilterChains.Select((chain, i) => CompileChain(chain, scope.At("filter_chains", i)))];
        RuntimeFilterChain? defaultChain = listener.DefaultFilterChain is null
            ? null
            : CompileChain(listener.DefaultFilterChain, scope.At("default_filter_chain"));
        var table = new FilterChainTable(defaultChain);
        for (int i = 0; i < chains.Length && report.Reasons.Count == 0; i++)
        {
            scope.At("filter_chains", i).RefuseIf(!table.TryAdd(chains[i]!), "filter_chain_match asks for the same connections as an earlier chain");
        }

        long? timeoutMs = scope.At("listener_filters_timeout").MillisecondsOrNull(listener.ListenerFiltersTimeout);
        if (report.Reasons.Count > 0)
        {
            return null;
        }

        bool inspects = table.NeedsClientHello || chains.Append(defaultChain).Any(static chain => chain?.Tls is { ChoosesCertificate: true });
        bool isDirect = table.IsConstant && !inspects && proxyHeader is null;
        return new RuntimeListener
        {
            Name = listener.Name,
            Source = listener,
            Addresses = [.. addresses.OfType<IPEndPoint>()],
            FilterChains = [.. chains.OfType<RuntimeFilterChain>()],
            DefaultFilterChain = defaultChain,
            Chains = table,
            Direct = isDirect ? chains.FirstOrDefault() ?? defaultChain : null,

            // Envoy, too, reads the ClientHello where a chain asks for it, whether or not the listener filter is named.
            InspectsClientHello = inspects,
            ProxyHeader = proxyHeader,
            ListenerFiltersTimeoutMs = timeoutMs ?? 15_000,
            ContinuesOnListenerFiltersTimeout = listener.ContinueOnListenerFiltersTimeout,
            StatPrefix = listener.StatPrefix,
            IsStatic = isStatic,
            BindsToPort = listener.BindToPort ?? true,
            PerConnectionBufferLimitBytes = listener.PerConnectionBufferLimitBytes,
            TcpBacklogSize = listener.TcpBacklogSize,
            IgnoresGlobalConnectionLimit = listener.IgnoreGlobalConnLimit,
            AccessLogs = AccessLogCompiler.Compile(listener.AccessLog, scope),
        };
    }

    private static ProxyHeaderPolicy? CompileProxyHeader(ListenerFilter filter, CompileScope scope)
    {
        if (!scope.TryUnpack(filter.TypedConfig, out ProxyProtocolProto? source))
        {
            return null;
        }

        // What TLVs are for is metadata, which nothing reads yet.
        scope.NoteIf(source.Rules.Count > 0, "rules is not acted on");
        scope.NoteIf(source.PassThroughTlvs is not null, "pass_through_tlvs is not acted on");
        return new ProxyHeaderPolicy(
            source.AllowRequestsWithoutProxyProtocol,
            TakesVersion1: !source.DisallowedVersions.Contains(ProxyProtocolConfig.Types.Version.V1),
            TakesVersion2: !source.DisallowedVersions.Contains(ProxyProtocolConfig.Types.Version.V2));
    }

    private RuntimeFilterChain? CompileChain(FilterChain chain, CompileScope scope)
    {
        DownstreamTls? transport = tls.Downstream(chain.TransportSocket, scope.At("transport_socket"));
        long? timeoutMs = scope.At("transport_socket_connect_timeout").MillisecondsOrNull(chain.TransportSocketConnectTimeout);
        FilterChainMatchCompiler.Check(chain.FilterChainMatch, scope.At("filter_chain_match"));
        if (chain.Filters.Count == 0)
        {
            scope.Refuse("filters is empty");
            return null;
        }

        for (int i = 0; i < chain.Filters.Count - 1; i++)
        {
            string name = chain.Filters[i].Name;
            scope.At("filters", i).RefuseIf(
                !IgnoredFilters.Contains(name),
                name is HttpConnectionManagerFilter or TcpProxyFilter ? $"\"{name}\" is not the last" : $"network filter \"{name}\" is not supported yet");
        }

        Filter last = chain.Filters[^1];
        CompileScope lastScope = scope.At("filters", chain.Filters.Count - 1);
        RuntimeHttpConnectionManager? http = null;
        RuntimeTcpProxy? tcp = null;
        switch (last.Name)
        {
            case HttpConnectionManagerFilter:
                http = managers.Compile(last.TypedConfig, lastScope);
                break;
            case TcpProxyFilter:
                tcp = proxies.Compile(last.TypedConfig, lastScope);
                break;
            default:
                lastScope.Refuse($"network filter \"{last.Name}\" is not supported yet");
                break;
        }

        return http is null && tcp is null ? null : new RuntimeFilterChain
        {
            Name = chain.Name,
            Match = chain.FilterChainMatch,
            Http = http,
            TcpProxy = tcp,
            Tls = transport,
            HandshakeTimeoutMs = timeoutMs,
        };
    }
}
