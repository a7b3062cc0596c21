using System.Collections.Concurrent;
using Envoy.Config.Accesslog.V3;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Listeners;

/// <summary>Where the counters of one listener are and those of its TLS where it has any, what its refused connections are logged to, and the same of its filter chains.</summary>
internal sealed record ListenerScopes(
    StatScope<ListenerStats> Listener,
    StatScope<TlsStats>? Tls,
    RuntimeAccessLog[] AccessLogs,
    IReadOnlyDictionary<RuntimeFilterChain, ChainScopes> Chains)
{
    /// <summary>Whether connections are left when the listener is not configured any more.</summary>
    public DrainCount Drain { get; } = new();

    /// <summary>All of them.</summary>
    public IEnumerable<StatScope> All => Chains.Values.SelectMany(static chain => new StatScope?[] { chain.Http, chain.Tcp, chain.ListenerHttp }).OfType<StatScope>().Prepend(Listener);
}

/// <summary>Where the counters of one filter chain are, and what its requests or connections are logged to.</summary>
internal sealed record ChainScopes(RuntimeAccessLog[] AccessLogs)
{
    /// <summary>Whether connections are left when the chain is not configured any more.</summary>
    public DrainCount Drain { get; } = new();

    /// <summary>Those of its connection manager; null when it has none.</summary>
    public StatScope<HttpConnectionManagerStats>? Http { get; init; }

    /// <summary>Those of its TCP proxy; null when it has none.</summary>
    public StatScope<TcpProxyStats>? Tcp { get; init; }

    /// <summary>Those of the one or the other.</summary>
    public StatScope OfServer => Http ?? (StatScope)Tcp!;

    /// <summary>Those that its connection manager keeps for the listener.</summary>
    public StatScope<ListenerHttpStats>? ListenerHttp { get; init; }
}

/// <summary>
/// The counters of every listener, shared by the workers. Control threads open them before workers get a listener, and close them when no worker has it
/// any more; workers only look up. Counters go on when a listener changes, because their names do not.
/// </summary>
internal sealed class ListenerScopeTable(StatsStore stats)
{
    private readonly ConcurrentDictionary<RuntimeListener, ListenerScopes> _byListener = new(ReferenceEqualityComparer.Instance);

    /// <summary>The scopes of a listener that is open.</summary>
    public ListenerScopes Of(RuntimeListener listener) => _byListener[listener];

    /// <summary>A listener is about to be given to the workers. One control thread at a time.</summary>
    public void Open(RuntimeListener listener)
    {
        if (!_byListener.ContainsKey(listener))
        {
            _byListener[listener] = Make(listener);
        }
    }

    /// <summary>The workers have these listeners, in these versions, and no others: what only others counted is not shown any more. One control thread at a time.</summary>
    public void Keep(IEnumerable<RuntimeListener> listeners)
    {
        HashSet<RuntimeListener> kept = new(listeners, ReferenceEqualityComparer.Instance);
        foreach (RuntimeListener gone in _byListener.Keys.Where(listener => !kept.Contains(listener)))
        {
            _byListener.TryRemove(gone, out ListenerScopes? scopes);
            foreach (StatScope scope in scopes!.All)
            {
                stats.Remove(scope);
            }
        }
    }

    /// <summary>Tells when the certificates of listeners end (Envoy: <c>listener.ADDRESS.ssl.certificate.NAME.expiration_unix_time_seconds</c>). Any thread.</summary>
    public void CollectCertificates(List<StatSample> samples)
    {
        foreach ((RuntimeListener listener, ListenerScopes scopes) in _byListener)
        {
            if (scopes.Tls is not { } scope)
            {
                continue;
            }

            foreach (SecretSlot slot in listener.AllFilterChains.SelectMany(static chain => chain.Tls?.Slots ?? []).Distinct())
            {
                if (slot.Current?.EndsAt is { } end)
                {
                    var name = new StatName($"certificate.{slot.Name.Replace(':', '_')}.expiration_unix_time_seconds");
                    samples.Add(new StatSample(scope, name, StatKind.Gauge, end.ToUnixTimeSeconds(), IsUsed: true));
                }
            }
        }
    }

    private ListenerScopes Make(RuntimeListener listener)
    {
        string name = listener.StatPrefix.Length > 0 ? listener.StatPrefix : listener.Addresses[0].ToString();
        StatScope<ListenerStats> scope = stats.AddListener(name);
        return new ListenerScopes(
            scope,
            listener.AllFilterChains.Any(static chain => chain.Tls is not null) ? stats.AddListenerTls(scope) : null,
            Compile(listener.AccessLogs),
            listener.AllFilterChains.Where(static chain => !chain.IsUnavailable).ToDictionary(static chain => chain, chain => Make(name, chain)));
    }

    private ChainScopes Make(string listenerName, RuntimeFilterChain chain)
    {
        if (chain.TcpProxy is { } proxy)
        {
            return new ChainScopes(Compile(proxy.AccessLogs)) { Tcp = stats.AddTcpProxy(proxy.StatPrefix) };
        }

        RuntimeHttpConnectionManager manager = chain.Http!;
        return new ChainScopes(Compile(manager.AccessLogs))
        {
            Http = stats.AddHttpConnectionManager(manager.StatPrefix),
            ListenerHttp = stats.AddListenerHttp(listenerName, manager.StatPrefix),
        };
    }

    // The listener's compiler has tried it before: what it cannot compile, it refuses.
    private static RuntimeAccessLog[] Compile(IReadOnlyList<AccessLog> logs) =>
        [.. logs.Select(static log => AccessLogCompiler.CompileOne(log, out string error) ?? throw new InvalidOperationException(error))];
}
