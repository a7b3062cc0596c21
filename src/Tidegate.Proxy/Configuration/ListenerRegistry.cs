using System.Net;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Runtime;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// The listeners and route configurations that are in force. A listener is in force when every route configuration that it names has
/// arrived once; until then it waits, and its last version stays (Envoy: warming). All members are called under the lock of
/// <see cref="RuntimeConfiguration"/>.
/// </summary>
internal sealed class ListenerRegistry
{
    private readonly Dictionary<string, (RuntimeListener Listener, string Version)> _warming = [];
    private readonly Dictionary<string, RouteTableSlot> _slots = [];
    private readonly HashSet<string> _orphans = [];
    private readonly LastGoodMemory _memory;
    private readonly RouteCompiler _routeCompiler;
    private readonly ListenerCompiler _listenerCompiler;

    public ListenerRegistry(ClusterSlotTable clusters, TlsContextCompiler tls, RuntimeFlags flags, TimeProvider time, LastGoodMemory memory)
    {
        _memory = memory;
        Listeners = new ResourceTable<RuntimeListener>(time);
        Routes = new ResourceTable<RouteTable>(time);
        _routeCompiler = new RouteCompiler(clusters, flags.RepeatedHeaders);
        var managers = new HttpConnectionManagerCompiler(_routeCompiler, SlotOf);
        _listenerCompiler = new ListenerCompiler(new FilterChainCompiler(managers, new TcpProxyCompiler(clusters), tls));
    }

    /// <summary>What is known of listeners.</summary>
    public ResourceTable<RuntimeListener> Listeners { get; }

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

        _warming[listener.Name] = (compiled, version);
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
        RuntimeListener? listener = _warming.TryGetValue(name, out (RuntimeListener Listener, string Version) warming) ? warming.Listener : null;
        return listener is not null || Listeners.TryGet(name, out listener) ? listener.LastGood() : null;
    }

    /// <summary>Puts listeners in force that have what they waited for, and forgets route configurations that nobody needs.</summary>
    /// <returns>The listeners that are in force from now on.</returns>
    public IReadOnlyList<RuntimeListener> Settle()
    {
        List<RuntimeListener> settled = [];
        foreach ((string name, (RuntimeListener listener, string version)) in _warming.ToArray())
        {
            if (listener.RouteTables.All(static slot => slot.Current is not null))
            {
                _warming.Remove(name);
                Listeners.Accept(name, version, listener.InForce, listener, listener.IsStatic);
                settled.Add(listener);
            }
        }

        ForgetOrphans();
        return settled;
    }

    /// <summary>A listener is gone. True when it was in force.</summary>
    public bool RemoveListener(string name)
    {
        _warming.Remove(name);
        Listeners.Remove(name, out RuntimeListener? listener);
        return listener is not null;
    }

    /// <summary>A route configuration is gone; it serves on as long as a listener in force names it (Envoy takes no route configuration away from a listener).</summary>
    public void RemoveRoutes(string name)
    {
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

    private void ForgetOrphans()
    {
        if (_orphans.Count == 0)
        {
            return;
        }

        HashSet<string> needed = [.. Listeners.Values.SelectMany(static listener => listener.RouteTables).Select(static slot => slot.Name)];
        foreach (string name in _orphans.Where(name => !needed.Contains(name)).ToArray())
        {
            _orphans.Remove(name);
            Routes.Remove(name, out _);
            _slots[name].Current = null;
        }
    }

    // The version in force, or the one that waits to be; then what was remembered before the process began.
    private IEnumerable<RuntimeListener> EarlierThan(string name, Lazy<RuntimeListener?> remembered)
    {
        if (Listeners.TryGet(name, out RuntimeListener? listener))
        {
            yield return listener;
        }
        else if (_warming.TryGetValue(name, out (RuntimeListener Listener, string Version) warming))
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

    private void CheckAddresses(RuntimeListener listener, CompileReport report)
    {
        foreach (RuntimeListener other in Listeners.Values.Concat(_warming.Values.Select(static warming => warming.Listener)))
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
