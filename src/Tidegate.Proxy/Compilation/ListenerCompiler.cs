using System.Net;
using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Tidegate.Proxy.Runtime.FilterChains;

namespace Tidegate.Proxy.Compilation;

/// <summary>
/// Compiles listeners (istio-gateway.md 2). Its filter chains and its listener filters are units of refusal: a listener is refused whole only when
/// its address cannot be had, or none of its chains can serve.
/// </summary>
internal sealed class ListenerCompiler(FilterChainCompiler chains)
{
    private const string SameConnections = "filter_chain_match asks for the same connections as an earlier chain";

    /// <summary>Compiles a listener; null when there are reasons to refuse it whole.</summary>
    /// <param name="listener">What is compiled.</param>
    /// <param name="isStatic">Whether it is one of the bootstrap's.</param>
    /// <param name="report">Takes what is refused.</param>
    /// <param name="before">Earlier versions, the newest first; the last of them may have to be compiled when it is asked for.</param>
    public RuntimeListener? Compile(Listener listener, bool isStatic, CompileReport report, IEnumerable<RuntimeListener> before)
    {
        // 1. The listener as a whole.
        CompileScope scope = report.Root;
        int count = report.LeftOut.Count;
        Listener usable = WithoutDispensable(listener, scope);
        IPEndPoint?[] addresses =
        [
            AddressCompiler.Listening(listener.Address, scope.At("address")),
            .. listener.AdditionalAddresses.Select((additional, i) => Additional(additional, scope.At("additional_addresses", i))),
        ];
        ListenerFilterSet listenerFilters = ListenerFilterCompiler.Compile(listener.ListenerFilters, scope, before);

        scope.NoteIf(listener.PerConnectionBufferLimitBytes is not null, "per_connection_buffer_limit_bytes is not acted on: the proxy's own limits hold");

        // 2. Its chains, and which of them a connection gets.
        scope.RefuseIf(listener.FilterChains.Count == 0 && listener.DefaultFilterChain is null, "filter_chains is empty");
        RuntimeFilterChain? defaultChain = listener.DefaultFilterChain is null
            ? null
            : chains.Compile(listener.DefaultFilterChain, scope.At("default_filter_chain"), before.Select(static known => known.DefaultFilterChain));
        List<RuntimeFilterChain> compiled = [];
        var table = new FilterChainTable(defaultChain);
        HashSet<FilterChainMatch> matches = [];
        for (int i = 0; i < listener.FilterChains.Count; i++)
        {
            CompileScope at = scope.At("filter_chains", i);
            bool isFirst = matches.Add(listener.FilterChains[i].FilterChainMatch ?? new FilterChainMatch());
            at.LeaveOutIf(!isFirst, SameConnections);
            if (isFirst && chains.Compile(listener.FilterChains[i], at, before.SelectMany(static known => known.FilterChains)) is { } chain)
            {
                // Connections that more than one chain asks for are the first one's.
                at.LeaveOutIf(!table.TryAdd(chain), SameConnections);
                compiled.Add(chain);
            }
        }

        if (!report.Resource.IsRefused && !compiled.Append(defaultChain).Any(static chain => chain is { IsUnavailable: false }))
        {
            scope.Refuse("none of its filter chains can serve");
        }

        if (report.Resource.IsRefused)
        {
            return null;
        }

        bool inspects = table.NeedsClientHello || compiled.Append(defaultChain).Any(chain => NeedsClientHello(chain, listenerFilters.InspectsTls));
        RuntimeFilterChain? first = compiled.FirstOrDefault() ?? defaultChain;
        bool isDirect = table.IsConstant && !inspects && listenerFilters.ProxyHeader is null && first is { IsUnavailable: false };
        return new RuntimeListener
        {
            Name = listener.Name,
            Source = listener,
            InForce = report.LeftOut.Count == count ? listener : InForce(usable, listenerFilters, compiled, defaultChain),
            Addresses = [.. addresses.OfType<IPEndPoint>()],
            FilterChains = compiled,
            DefaultFilterChain = defaultChain,
            Chains = table,
            Direct = isDirect ? first : null,

            // Envoy, too, reads the ClientHello where a chain asks for it, whether or not the listener filter is named.
            InspectsClientHello = inspects,
            ProxyHeader = listenerFilters.ProxyHeader,
            ListenerFiltersTimeoutMs = scope.MillisecondsOrNull(usable.ListenerFiltersTimeout) ?? 15_000,
            ContinuesOnListenerFiltersTimeout = listener.ContinueOnListenerFiltersTimeout,
            StatPrefix = listener.StatPrefix,
            IsStatic = isStatic,
            BindsToPort = listener.BindToPort ?? true,
            SocketOptions = [.. listener.SocketOptions.Select(Option)],
            TcpBacklogSize = listener.TcpBacklogSize,
            IgnoresGlobalConnectionLimit = listener.IgnoreGlobalConnLimit,
            AccessLogs = AccessLogCompiler.Compile(listener.AccessLog, scope, before.Select(static known => known.AccessLogs)),
            Refused = [.. report.LeftOut],
        };
    }

    // The listener without what it can do without: which connections it takes, and what is done with them, does not depend on it.
    private static Listener WithoutDispensable(Listener listener, CompileScope scope)
    {
        var usable = new Listener(listener);
        LeaveOut(listener.FilterChainMatcher is not null, "filter_chain_matcher", () => usable.FilterChainMatcher = null);
        LeaveOut(listener.UdpListenerConfig is not null, "udp_listener_config", () => usable.UdpListenerConfig = null);
        LeaveOut(listener.ApiListener is not null, "api_listener", () => usable.ApiListener = null);
        LeaveOut(listener.ListenerSpecifierCase == Listener.ListenerSpecifierOneofCase.InternalListener, "internal_listener", usable.ClearListenerSpecifier);
        LeaveOut(listener.UseOriginalDst == true, "use_original_dst", () => usable.UseOriginalDst = null);
        LeaveOut(listener.Transparent == true, "transparent", () => usable.Transparent = null);
        LeaveOut(
            listener.ListenerFiltersTimeout is { } timeout && !CompileScope.IsInRange(timeout), "listener_filters_timeout", () => usable.ListenerFiltersTimeout = null, "is out of range");
        return usable;

        void LeaveOut(bool isThere, string field, Action clear, string reason = "is not supported")
        {
            if (isThere)
            {
                scope.At(field).LeaveOutIf(true, reason);
                clear();
            }
        }
    }

    // Where it listens further; null, and a unit less, when that cannot be read.
    private static IPEndPoint? Additional(AdditionalAddress additional, CompileScope scope)
    {
        CompileUnit unit = scope.BeginUnit();
        IPEndPoint? address = AddressCompiler.Listening(additional.Address, unit.Scope.At("address"));
        if (unit.IsRefused)
        {
            unit.LeaveOut(keepsLastGood: false);
        }

        return address;
    }

    // A chain that passes bytes on logs the server name and takes any protocol; what it passes on is known to begin with a ClientHello where the listener
    // names the inspector. Elsewhere the server may be the one that speaks first.
    private static bool NeedsClientHello(RuntimeFilterChain? chain, bool namesInspector) =>
        chain is not null && (chain.Tls is { ChoosesCertificate: true } || (chain.TcpProxy is not null && (chain.Tls is not null || namesInspector)));

    private static Net.SocketOption Option(SocketOption option) => new(
        (int)option.Level,
        (int)option.Name,
        option.ValueCase == SocketOption.ValueOneofCase.BufValue ? option.BufValue.ToByteArray() : BitConverter.GetBytes((int)option.IntValue));

    private static Listener InForce(Listener source, ListenerFilterSet filters, IEnumerable<RuntimeFilterChain> chains, RuntimeFilterChain? defaultChain)
    {
        var inForce = new Listener(source);
        inForce.ListenerFilters.Clear();
        inForce.ListenerFilters.Add(filters.InForce);
        inForce.FilterChains.Clear();
        inForce.FilterChains.Add(chains.Where(static chain => !chain.IsUnavailable).Select(static chain => chain.InForce));
        inForce.DefaultFilterChain = defaultChain is { IsUnavailable: false } ? defaultChain.InForce : null;
        return inForce;
    }
}
