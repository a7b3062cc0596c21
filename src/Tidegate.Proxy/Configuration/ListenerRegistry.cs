using System.Net;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// The listeners and route configurations that are in force. A listener is in force when every route configuration that it names has
/// arrived once, or was waited for as long as its configuration says; until then its last version stays (Envoy: warming). All members are called under the lock of
/// <see cref="RuntimeConfiguration"/>.
/// </summary>
internal sealed class ListenerRegistry
{
    private readonly Dictionary<string, Warming> _warming = [];
    private readonly Dictionary<string, RouteTableSlot> _slots = [];
    private readonly HashSet<string> _orphans = [];
    private readonly LastGoodMemory _memory;
    private readonly TimeProvider _time;

    // Since the last look a listener or a route configuration is gone, or a listener is another.
    private bool _mayHaveUnused;
    private readonly RouteCompiler _routeCompiler;
    private readonly ListenerCompiler _listenerCompiler;

    public ListenerRegistry(FilterParts parts, TlsContextCompiler tls, TimeProvider time, LastGoodMemory memory)
    {
        _memory = memory;
        _time = time;
        Listeners = new ResourceTable<RuntimeListener>(time);
        Routes = new ResourceTable<RouteTable>(time);
        _routeCompiler = new RouteCompiler(parts);
        var managers = new HttpConnectionManagerCompiler(_routeCompiler, SlotOf);
        _listenerCompiler = new ListenerCompiler(new FilterChainCompiler(managers, new TcpProxyCompiler(parts.Clusters), new ConnectionFilterCompiler(parts), tls));
    }

    /// <summary>What is known of listeners.</summary>
    public ResourceTable<RuntimeListener> Listeners { get; }

    /// <summary>All versions of listeners that are in force or wait to be.</summary>
    public IEnumerable<RuntimeListener> All => Listeners.Values.Concat(_warming.Values.Select(static warming => warming.Listener));

    /// <summary>How many listeners wait for their routes.</summary>
    public int WarmingCount => _warming.Count;

    /// <summary>What is known of route configurations.</summary>
    public ResourceTable<RouteTable> Routes { get; }

    /// <summary>
    /// What is known of route configurations for the config dump: the resources, and those that are written in listeners, which count as static.
    /// </summary>
    public IReadOnlyList<AppliedResource> AppliedRoutes
    {
        get
        {
            List<AppliedResource> applied = [.. Routes.Applied.Where(resource => !_orphans.Contains(resource.Name))];
            foreach (AppliedResource resource in Listeners.Applied)
            {
                if (resource.Active is not { } active || !Listeners.TryGet(resource.Name, out RuntimeListener? listener))
                {
                    continue;
                }

                foreach (RouteTableSlot slot in listener.RouteTables.Distinct())
                {
                    if (slot.IsInline && slot.Current is { } table)
                    {
                        applied.Add(new AppliedResource(slot.Name) { IsStatic = true, Active = active with { Message = table.InForce } });
                    }
                }
            }

            return applied;
        }
    }

    /// <summary>Compiles a route configuration and puts it in force, but for the units that are refused.</summary>
    public void Apply(RouteConfiguration configuration, string version, CompileReport report)
    {
        Routes.TryGet(configuration.Name, out RouteTable? before);
        RouteTable table = _routeCompiler.Compile(configuration, report.Root, before, () => _memory.Recall<RouteConfiguration>(XdsTypes.Route, configuration.Name));
        _orphans.Remove(configuration.Name);
        Routes.Accept(configuration.Name, version, table.InForce, table, isStatic: false);
        SlotOf(configuration.Name).Current = table;
    }

    /// <summary>A route configuration was refused whole: if none is in force, requests are answered 503, and listeners need not wait for it.</summary>
    public void RefuseRoutes(string name) => SlotOf(name).Current ??= RouteCompiler.Unavailable(name);

    /// <summary>
    /// Compiles a listener; it is in force with the next <see cref="Settle"/> that finds its routes, but for the units that are refused. False: it
    /// was refused whole.
    /// </summary>
    public bool Apply(Listener listener, string version, bool isStatic, CompileReport report)
    {
        var remembered = new Lazy<RuntimeListener?>(() => isStatic ? null : Remembered(listener.Name));
        IEnumerable<RuntimeListener> before = EarlierThan(listener.Name, remembered);
        RuntimeListener? compiled = _listenerCompiler.Compile(listener, isStatic, report, before);
        if (compiled is not null)
        {
            CheckAddresses(compiled, report);
        }

        if (compiled is null || report.Resource.IsRefused)
        {
            // A whole version that was remembered is better than none.
            compiled = _warming.ContainsKey(listener.Name) || Listeners.TryGet(listener.Name, out _) ? null : before.FirstOrDefault();
            if (compiled is null)
            {
                return false;
            }
        }

        _warming[listener.Name] = new Warming(compiled, version, _warming.TryGetValue(listener.Name, out Warming? waiting) ? waiting.Since : _time.GetTimestamp());
        Listeners.Warm(listener.Name, version, compiled.InForce, isStatic);
        return true;
    }

    /// <summary>Whether a version of a listener is in force, or waits to be.</summary>
    public bool IsKnown(string name) => _warming.ContainsKey(name) || Listeners.TryGet(name, out _);

    /// <summary>What is in force of a route configuration in the place of what was refused, to be remembered; null when that is nothing.</summary>
    public RouteConfiguration? LastGoodRoutes(string name) => Routes.TryGet(name, out RouteTable? table) ? table.LastGood() : null;

    /// <summary>What is in force of a listener, or waits to be, to be remembered; null when that is nothing. Chains in which a key is written are left out.</summary>
    public Listener? LastGoodListener(string name)
    {
        RuntimeListener? listener = _warming.GetValueOrDefault(name)?.Listener;
        return listener is not null || Listeners.TryGet(name, out listener) ? listener.LastGood() : null;
    }

    /// <summary>How long until a listener that waits serves without what it waits for; null when none will.</summary>
    public TimeSpan? NextDeadline => _warming.Values
        .SelectMany(static warming => warming.Missing.Select(manager => (warming.Since, manager.RoutesFetchTimeoutMs)))
        .Where(static wait => wait.RoutesFetchTimeoutMs > 0)
        .Select(wait => (TimeSpan?)(TimeSpan.FromMilliseconds(wait.RoutesFetchTimeoutMs) - _time.GetElapsedTime(wait.Since)))
        .Min();

    /// <summary>Puts listeners in force that have what they waited for, or have waited long enough, and forgets route configurations that nobody needs.</summary>
    /// <returns>The listeners that are in force from now on.</returns>
    public IReadOnlyList<RuntimeListener> Settle()
    {
        List<RuntimeListener> settled = [];
        foreach ((string name, Warming warming) in _warming.ToArray())
        {
            if (warming.Missing.All(manager => manager.RoutesFetchTimeoutMs > 0 && _time.GetElapsedTime(warming.Since).TotalMilliseconds >= manager.RoutesFetchTimeoutMs))
            {
                _mayHaveUnused = true;
                _warming.Remove(name);
                Listeners.Accept(name, warming.Version, warming.Listener.InForce, warming.Listener, warming.Listener.IsStatic);
                settled.Add(warming.Listener);
            }
        }

        ForgetUnused();
        return settled;
    }

    /// <summary>A listener is gone. True when it was in force.</summary>
    public bool RemoveListener(string name)
    {
        _mayHaveUnused = true;
        _warming.Remove(name);
        Listeners.Remove(name, out RuntimeListener? listener);
        return listener is not null;
    }

    /// <summary>A route configuration is gone; it serves on as long as a listener in force names it (Envoy takes no route configuration away from a listener).</summary>
    public void RemoveRoutes(string name)
    {
        _mayHaveUnused = true;
        if (Routes.TryGet(name, out _))
        {
            _orphans.Add(name);
        }
        else
        {
            Routes.Remove(name, out _);
        }
    }

    private RouteTableSlot SlotOf(string name)
    {
        if (!_slots.TryGetValue(name, out RouteTableSlot? slot))
        {
            slot = new RouteTableSlot(name, isInline: false);
            _slots.Add(name, slot);
        }

        return slot;
    }

    // What a listener that is gone still serves with it holds itself.
    private void ForgetUnused()
    {
        if (!_mayHaveUnused)
        {
            return;
        }

        _mayHaveUnused = false;
        HashSet<string> needed = [.. All.SelectMany(static listener => listener.RouteTables).Select(static slot => slot.Name)];
        foreach (string name in _slots.Keys)
        {
            if (needed.Contains(name))
            {
                continue;
            }

            if (_orphans.Remove(name))
            {
                Routes.Remove(name, out _);
            }

            if (!Routes.Has(name))
            {
                _slots.Remove(name);
            }
        }
    }

    // The version in force, or the one that waits to be; then what was remembered before the process began.
    private IEnumerable<RuntimeListener> EarlierThan(string name, Lazy<RuntimeListener?> remembered)
    {
        if (Listeners.TryGet(name, out RuntimeListener? listener))
        {
            yield return listener;
        }
        else if (_warming.TryGetValue(name, out Warming? warming))
        {
            yield return warming.Listener;
        }

        if (remembered.Value is { } kept)
        {
            yield return kept;
        }
    }

    private RuntimeListener? Remembered(string name) =>
        _memory.Recall<Listener>(XdsTypes.Listener, name) is { } kept ? _listenerCompiler.Compile(kept, isStatic: false, new CompileReport(), []) : null;

    // A version of a listener that waits, and since when (a later version goes on with the wait).
    private sealed record Warming(RuntimeListener Listener, string Version, long Since)
    {
        public IEnumerable<RuntimeHttpConnectionManager> Missing => Listener.WithoutRoutes;
    }

    private void CheckAddresses(RuntimeListener listener, CompileReport report)
    {
        foreach (RuntimeListener other in All)
        {
            if (other.Name == listener.Name || !other.BindsToPort || !listener.BindsToPort)
            {
                continue;
            }

            foreach (IPEndPoint address in other.Addresses.Intersect(listener.Addresses))
            {
                report.Root.Refuse($"the address {address} is that of listener \"{other.Name}\"");
            }
        }
    }
}
