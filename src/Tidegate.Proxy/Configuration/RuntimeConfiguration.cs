using System.Collections.Frozen;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Endpoint.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Configuration.DnsResolution;
using Tidegate.Proxy.Runtime;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Tls.Secrets;
using Tidegate.Proxy.Workers;
using Tidegate.Xds;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// All configuration of a data plane: what the bootstrap says and what xDS has brought since. What does not compile is refused alone, unit by unit
/// (docs/decisions/unit-of-refusal.md), and its last good version stays; what compiles is in force when <see cref="Apply"/> returns. Members may be called by any control thread; workers only read the
/// objects that they hold (<see cref="ClusterSlot"/>, <see cref="RouteTableSlot"/>, <see cref="RuntimeListener"/>).
/// </summary>
public sealed partial class RuntimeConfiguration : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly ILogger _logger;
    private readonly ClusterRegistry _clusters;
    private readonly ListenerRegistry _listeners;
    private readonly SecretRegistry _secrets;
    private readonly LastGoodMemory _memory;
    private readonly Dictionary<string, string> _versions = [];
    private readonly NoteBook _notes = new();
    private readonly ITimer _routesDeadline;
    private volatile FrozenDictionary<string, RuntimeListener> _activeListeners = FrozenDictionary<string, RuntimeListener>.Empty;

    /// <summary>Compiles the bootstrap's static resources. One that does not compile is left out with a warning: the rest is worth serving.</summary>
    /// <param name="bootstrap">What the data plane is started from.</param>
    /// <param name="loggers">Loggers; the category is <c>config</c>.</param>
    /// <param name="time">The clock of the config dump and of DNS.</param>
    /// <param name="lookup">Asks DNS; null asks the system.</param>
    /// <param name="store">Keeps last good units beyond the life of the process; null keeps none.</param>
    /// <param name="work">Runs what goes on beside; null makes its own.</param>
    public RuntimeConfiguration(Bootstrap bootstrap, ILoggerFactory loggers, TimeProvider time, DnsLookup? lookup = null, ILastGoodStore? store = null, BackgroundWork? work = null)
    {
        _logger = loggers.CreateLogger("config");
        Flags = RuntimeFlags.Of(bootstrap);
        var slots = new ClusterSlotTable();
        _secrets = new SecretRegistry(time);
        _memory = new LastGoodMemory(store);
        work ??= new BackgroundWork(_logger, time);
        var tls = new TlsContextCompiler(_secrets.Slots, time);
        _clusters = new ClusterRegistry(slots, tls, lookup ?? DnsResolver.System.LookupAsync, work, _logger, _memory) { OnDnsAnswer = OnDnsAnswer };
        _listeners = new ListenerRegistry(FilterParts.Of(slots, Flags.RepeatedHeaders, bootstrap.Node?.Cluster ?? string.Empty), tls, time, _memory);
        _routesDeadline = work.Every("waiting for routes", Timeout.InfiniteTimeSpan, () => RoutesOverdue?.Invoke());
        ApplyBootstrap(bootstrap);
    }

    /// <summary>Is raised, on the thread pool, when a cluster has other endpoints without a delta: DNS gave another answer.</summary>
    public event Action<ClusterSlot>? EndpointsChanged;

    /// <summary>Is raised, on the thread pool, when DNS was asked for endpoints of a cluster: what it said, and whether they are others now.</summary>
    internal event Action<ClusterSlot, DnsAnswer, bool>? DnsAsked;

    /// <summary>Is raised, on a control thread, when endpoints of a cluster were found ill or well again.</summary>
    public event Action<ClusterSlot>? HealthChanged;

    /// <summary>Is raised, on the thread pool, when listeners have waited for their routes as long as they may: <see cref="GiveUpWaiting"/> lets them serve.</summary>
    public event Action? RoutesOverdue;

    /// <summary>The switches of the runtime.</summary>
    public RuntimeFlags Flags { get; }

    /// <summary>The listeners in force by name, static ones included.</summary>
    public IReadOnlyDictionary<string, RuntimeListener> Listeners => _activeListeners;

    /// <summary>How many listeners have a version that waits for its routes.</summary>
    public int WarmingListeners
    {
        get
        {
            lock (_lock)
            {
                return _listeners.WarmingCount;
            }
        }
    }

    /// <summary>The clusters in force, static ones included.</summary>
    public IReadOnlyList<RuntimeCluster> Clusters
    {
        get
        {
            lock (_lock)
            {
                return [.. _clusters.Clusters.Values.Select(static entry => entry.Cluster)];
            }
        }
    }

    /// <summary>The route configurations in force by name, without those that are written in listeners.</summary>
    public IReadOnlyList<RouteTable> RouteTables
    {
        get
        {
            lock (_lock)
            {
                return [.. _listeners.Routes.Values];
            }
        }
    }

    /// <summary>The names of the secrets that listeners and clusters ask for now, whether they are there or not.</summary>
    public IReadOnlyList<string> SecretNames
    {
        get
        {
            lock (_lock)
            {
                return [.. AskedForSecrets().Select(static slot => slot.Name).Distinct()];
            }
        }
    }

    /// <summary>When the first of the certificates in use ends, those of authorities included; null when there is none.</summary>
    public DateTimeOffset? FirstCertificateEnd
    {
        get
        {
            lock (_lock)
            {
                IEnumerable<RuntimeSecret> inline =
                [
                    .. _listeners.Listeners.Values.SelectMany(static listener => listener.AllFilterChains).SelectMany(static chain => chain.Tls?.InlineSecrets ?? []),
                    .. _clusters.Clusters.Values.SelectMany(static entry => entry.Cluster.Tls?.InlineSecrets ?? []),
                ];
                return _secrets.Secrets.Values.Concat(inline).Min(static secret => secret.EndsAt);
            }
        }
    }

    /// <summary>What the config dump says of the resources of a type (<see cref="XdsTypes"/>).</summary>
    public IReadOnlyList<AppliedResource> AppliedOf(string typeUrl)
    {
        lock (_lock)
        {
            return typeUrl switch
            {
                _ when typeUrl == XdsTypes.Cluster => _clusters.Clusters.Applied,
                _ when typeUrl == XdsTypes.Endpoint => _clusters.Assignments.Applied,
                _ when typeUrl == XdsTypes.Listener => _listeners.Listeners.Applied,
                _ when typeUrl == XdsTypes.Route => _listeners.AppliedRoutes,
                _ when typeUrl == XdsTypes.Secret => _secrets.Secrets.Applied,
                _ => [],
            };
        }
    }

    /// <summary>The <c>version_info</c> of the last delta that touched a type; empty before the first.</summary>
    public string VersionOf(string typeUrl)
    {
        lock (_lock)
        {
            return _versions.GetValueOrDefault(typeUrl, string.Empty);
        }
    }

    /// <summary>
    /// Applies a delta: first listeners that are gone, then what is new from clusters to listeners, then what is gone from routes to clusters, so that
    /// nothing in force refers to what is not there.
    /// </summary>
    public RuntimeChange Apply(XdsDelta delta)
    {
        lock (_lock)
        {
            HashSet<ClusterSlot> clusters = [];
            List<string> routes = [];
            List<string> removedListeners = [];
            List<XdsRejection> rejections = [];

            // 1. Listeners that are gone: another may have their address now.
            foreach (XdsName name in delta.Removed)
            {
                Touch(name.TypeUrl, delta.Version);
                if (name.TypeUrl == XdsTypes.Listener && !_listeners.Listeners.IsStatic(name.Name) && _listeners.RemoveListener(name.Name))
                {
                    removedListeners.Add(name.Name);
                }
            }

            // 2. What is new, in the order in which it refers to each other.
            foreach (XdsResource resource in delta.Changed.OrderBy(static resource => IndexOf(resource.Name.TypeUrl)))
            {
                Touch(resource.Name.TypeUrl, delta.Version);
                if (Refusal(resource, delta.Version, clusters, routes) is { } rejection)
                {
                    rejections.Add(rejection);
                    LogRefused(_logger, resource.Name, rejection.Reason);
                }
                else
                {
                    _memory.Forget(resource.Name);
                }
            }

            // 3. What is gone, in the opposite order.
            foreach (XdsName name in delta.Removed.OrderByDescending(static name => IndexOf(name.TypeUrl)))
            {
                Remove(name, clusters);
            }

            IReadOnlyList<RuntimeListener> settled = _listeners.Settle();
            ForgetSecrets(delta);
            PublishListeners();
            AwaitRoutes();
            return new RuntimeChange
            {
                Clusters = [.. clusters],
                Listeners = settled,
                RemovedListeners = [.. removedListeners.Where(name => !_activeListeners.ContainsKey(name))],
                Routes = routes,
                Rejections = rejections,
            };
        }
    }

    /// <summary>Listeners that have waited for their routes long enough are in force without; what they are.</summary>
    public IReadOnlyList<RuntimeListener> GiveUpWaiting()
    {
        lock (_lock)
        {
            IReadOnlyList<RuntimeListener> settled = _listeners.Settle();
            PublishListeners();
            AwaitRoutes();
            return settled;
        }
    }

    /// <summary>Ends what goes on in the background.</summary>
    public async ValueTask DisposeAsync()
    {
        await _routesDeadline.DisposeAsync();
        Task stopping;
        lock (_lock)
        {
            stopping = _clusters.StopAsync();
        }

        await stopping;
    }

    private static int IndexOf(string typeUrl)
    {
        for (int i = 0; i < XdsTypes.InApplyOrder.Count; i++)
        {
            if (XdsTypes.InApplyOrder[i] == typeUrl)
            {
                return i;
            }
        }

        return -1;
    }

    private void ApplyBootstrap(Bootstrap bootstrap)
    {
        if (bootstrap.StaticResources is not { } resources)
        {
            return;
        }

        foreach (Secret secret in resources.Secrets)
        {
            var report = new CompileReport();
            _secrets.Apply(secret, string.Empty, isStatic: true, report);
            LogLeftOut("secret", secret.Name, report);
        }

        foreach (Cluster cluster in resources.Clusters)
        {
            var report = new CompileReport();
            _clusters.Apply(cluster, string.Empty, isStatic: true, report);
            LogLeftOut("cluster", cluster.Name, report);
        }

        foreach (Listener listener in resources.Listeners)
        {
            var report = new CompileReport();
            _listeners.Apply(listener, string.Empty, isStatic: true, report);
            LogLeftOut("listener", listener.Name, report);
        }

        _listeners.Settle();
        PublishListeners();
        AwaitRoutes();
    }

    /// <summary>Flags of endpoints have changed: sorts them anew. Any control thread.</summary>
    internal void RefreshHealth(ClusterSlot slot)
    {
        lock (_lock)
        {
            if (slot.Current is not { } cluster)
            {
                return;
            }

            cluster.Endpoints = cluster.Endpoints.WithPresentHealth();
        }

        HealthChanged?.Invoke(slot);
    }

    private void LogLeftOut(string kind, string name, CompileReport report)
    {
        foreach (string reason in report.Reasons.Concat(report.LeftOut.Select(static unit => unit.ToString())))
        {
            LogStaticRefused(_logger, kind, name, reason);
        }
    }

    // Applies one resource; what of it is refused, if anything is.
    private XdsRejection? Refusal(XdsResource resource, string version, HashSet<ClusterSlot> clusters, List<string> routes)
    {
        var report = new CompileReport(OriginOf(resource.Message));
        try
        {
            ApplyOne(resource, version, clusters, routes, report);
        }
        catch (Exception exception)
        {
            // A bug in a compiler that is nobody's in particular: it costs this resource and nothing else.
            report.Resource.Fail(exception);
        }

        if (report.Bug is { } bug)
        {
            LogBug(_logger, bug, resource.Name);
        }

        foreach (string note in _notes.Replace(resource.Name, report.Notes))
        {
            LogNote(_logger, resource.Name, note);
        }

        if (!report.Resource.IsRefused && report.LeftOut.Count == 0)
        {
            return null;
        }

        bool isWhole = report.Resource.IsRefused;
        bool keepsLastGood = isWhole && IsInForce(resource.Name);
        if (isWhole && resource.Name.TypeUrl == XdsTypes.Route)
        {
            _listeners.RefuseRoutes(resource.Name.Name);
        }

        IEnumerable<XdsRefusedUnit> whole = isWhole ? [new XdsRefusedUnit(string.Empty, string.Join("; ", report.Reasons), report.Resource.Origin, keepsLastGood)] : [];
        var rejection = new XdsRejection(resource.Name, resource.Version, [.. whole, .. report.LeftOut]) { IsWhole = isWhole };
        Refuse(resource, version, rejection.Reason);
        Remember(resource.Name, rejection);
        return rejection;
    }

    private static string? OriginOf(IMessage message) => message switch
    {
        Cluster cluster => ConfigOrigin.Of(cluster.Metadata),
        Listener listener => ConfigOrigin.Of(listener.Metadata),
        RouteConfiguration routes => ConfigOrigin.Of(routes.Metadata),
        _ => null,
    };

    // What is in force instead of what was refused is kept beyond the life of the process.
    private void Remember(XdsName name, XdsRejection rejection)
    {
        if (rejection.Units.Any(static unit => unit.KeepsLastGood) && LastGoodOf(name) is { } message)
        {
            _memory.Keep(name, message);
        }
        else
        {
            _memory.Forget(name);
        }
    }

    private IMessage? LastGoodOf(XdsName name) => name.TypeUrl switch
    {
        _ when name.TypeUrl == XdsTypes.Cluster => _clusters.LastGood(name.Name),
        _ when name.TypeUrl == XdsTypes.Endpoint => _clusters.Assignments.TryGet(name.Name, out ClusterLoadAssignment? assignment) ? assignment : null,
        _ when name.TypeUrl == XdsTypes.Route => _listeners.LastGoodRoutes(name.Name),
        _ when name.TypeUrl == XdsTypes.Listener => _listeners.LastGoodListener(name.Name),
        _ => null,
    };

    private bool IsInForce(XdsName name) => name.TypeUrl switch
    {
        _ when name.TypeUrl == XdsTypes.Cluster => _clusters.Clusters.TryGet(name.Name, out _),
        _ when name.TypeUrl == XdsTypes.Endpoint => _clusters.Assignments.TryGet(name.Name, out _),
        _ when name.TypeUrl == XdsTypes.Route => _listeners.Routes.TryGet(name.Name, out _),
        _ when name.TypeUrl == XdsTypes.Listener => _listeners.IsKnown(name.Name),
        _ when name.TypeUrl == XdsTypes.Secret => _secrets.Secrets.TryGet(name.Name, out _),
        _ => false,
    };

    private void ApplyOne(XdsResource resource, string version, HashSet<ClusterSlot> clusters, List<string> routes, CompileReport report)
    {
        string name = resource.Name.Name;
        switch (resource.Message)
        {
            case Cluster cluster when HasName(resource, cluster.Name, XdsTypes.Cluster, report):
                if (_clusters.Clusters.IsStatic(name))
                {
                    report.Root.Refuse("a static cluster of the bootstrap has that name");
                }
                else if (_clusters.Apply(cluster, version, isStatic: false, report) is { } slot)
                {
                    clusters.Add(slot);
                }

                break;
            case ClusterLoadAssignment assignment when HasName(resource, assignment.ClusterName, XdsTypes.Endpoint, report):
                clusters.UnionWith(_clusters.Apply(assignment, version, report) ?? []);
                break;
            case RouteConfiguration configuration when HasName(resource, configuration.Name, XdsTypes.Route, report):
                _listeners.Apply(configuration, version, report);
                routes.Add(name);
                break;
            case Listener listener when HasName(resource, listener.Name, XdsTypes.Listener, report):
                if (_listeners.Listeners.IsStatic(name))
                {
                    report.Root.Refuse("a static listener of the bootstrap has that name");
                }
                else
                {
                    _listeners.Apply(listener, version, isStatic: false, report);
                }

                break;
            case Secret secret when HasName(resource, secret.Name, XdsTypes.Secret, report):
                _secrets.Apply(secret, version, isStatic: false, report);
                break;
            default:
                if (!report.Resource.IsRefused)
                {
                    report.Root.Refuse($"resources of type {resource.Message.Descriptor.FullName} are not known to this proxy");
                }

                break;
        }
    }

    private static bool HasName(XdsResource resource, string name, string typeUrl, CompileReport report)
    {
        report.Root.RefuseIf(resource.Name.TypeUrl != typeUrl, $"it is announced as {resource.Name.TypeUrl} and is {typeUrl}");
        report.Root.RefuseIf(resource.Name.Name != name, $"it is announced as \"{resource.Name.Name}\" and named \"{name}\"");
        report.Root.RefuseIf(name.Length == 0, "the name is empty");
        return !report.Resource.IsRefused;
    }

    private void Refuse(XdsResource resource, string version, string reason)
    {
        string name = resource.Name.Name;
        IMessage message = resource.Message;
        string type = resource.Name.TypeUrl;
        if (type == XdsTypes.Cluster)
        {
            _clusters.Clusters.Refuse(name, version, message, reason);
        }
        else if (type == XdsTypes.Endpoint)
        {
            _clusters.Assignments.Refuse(name, version, message, reason);
        }
        else if (type == XdsTypes.Route)
        {
            _listeners.Routes.Refuse(name, version, message, reason);
        }
        else if (type == XdsTypes.Listener)
        {
            _listeners.Listeners.Refuse(name, version, message, reason);
        }
        else if (type == XdsTypes.Secret)
        {
            _secrets.Refuse((Secret)message, version, reason);
        }
    }

    private void Remove(XdsName name, HashSet<ClusterSlot> clusters)
    {
        _memory.Forget(name);
        _notes.Replace(name, []);
        if (name.TypeUrl == XdsTypes.Route)
        {
            _listeners.RemoveRoutes(name.Name);
        }
        else if (name.TypeUrl == XdsTypes.Endpoint)
        {
            clusters.UnionWith(_clusters.RemoveAssignment(name.Name));
        }
        else if (name.TypeUrl == XdsTypes.Cluster && !_clusters.Clusters.IsStatic(name.Name))
        {
            if (_clusters.RemoveCluster(name.Name) is { } slot)
            {
                clusters.Add(slot);
            }
        }
        else if (name.TypeUrl == XdsTypes.Secret)
        {
            _secrets.Remove(name.Name);
        }
    }

    // Who asks for a secret changes with listeners and clusters.
    private void ForgetSecrets(XdsDelta delta)
    {
        if (delta.Changed.Select(static resource => resource.Name).Concat(delta.Removed).Any(static name => name.TypeUrl != XdsTypes.Endpoint && name.TypeUrl != XdsTypes.Route))
        {
            _secrets.ForgetUnused(AskedForSecrets().ToHashSet());
        }
    }

    private IEnumerable<SecretSlot> AskedForSecrets() => _listeners.All.SelectMany(static listener => listener.Secrets)
        .Concat(_clusters.Clusters.Values.SelectMany(static entry => entry.Cluster.Secrets));

    private void Touch(string typeUrl, string version) => _versions[typeUrl] = version;

    private void AwaitRoutes() =>
        _routesDeadline.Change(_listeners.NextDeadline is { } wait ? TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling(wait.TotalMilliseconds))) : Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private void PublishListeners() => _activeListeners = _listeners.Listeners.Values.ToFrozenDictionary(static listener => listener.Name);

    private void OnDnsAnswer(ClusterRegistry.Entry entry, DnsAnswer answer)
    {
        bool isChanged;
        lock (_lock)
        {
            isChanged = _clusters.Publish(entry, answer);
        }

        if (isChanged)
        {
            EndpointsChanged?.Invoke(entry.Cluster.Slot);
        }

        DnsAsked?.Invoke(entry.Cluster.Slot, answer, isChanged);
    }

    // Whoever gave the resource is told, and tells the user.
    [LoggerMessage(Level = LogLevel.Debug, Message = "{Resource} is refused, or parts of it: {Reason}")]
    private static partial void LogRefused(ILogger logger, XdsName resource, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "static {Kind} {Name} of the bootstrap is left out, or a part of it: {Reason}")]
    private static partial void LogStaticRefused(ILogger logger, string kind, string name, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Resource}: {Note} (said once)")]
    private static partial void LogNote(ILogger logger, XdsName resource, string note);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Resource} could not be compiled")]
    private static partial void LogBug(ILogger logger, Exception exception, XdsName resource);
}
