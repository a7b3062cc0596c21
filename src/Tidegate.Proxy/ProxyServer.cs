using Envoy.Admin.V3;
using Envoy.Config.Bootstrap.V3;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Inspection;
using Tidegate.Proxy.Istio;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Overload;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;
using Tidegate.Xds;
using static Envoy.Admin.V3.ServerInfo.Types;

namespace Tidegate.Proxy;

/// <summary>
/// The data plane: takes xDS, compiles it, hands it to the workers, and lets them serve. All members are for control threads;
/// what a worker owns is reached only by posting to its loop.
/// </summary>
public sealed partial class ProxyServer : IXdsSink, IAsyncDisposable
{
    private readonly ProxyOptions _options;
    private readonly ILogger _logger;
    private readonly WorkerGroup _workers;
    private readonly DrainSequence _drain;
    private readonly SemaphoreSlim _applying = new(1, 1);
    private readonly ListenerBinder _binder;
    private readonly BindRetry _bindRetry;
    private readonly SharedClusters _sharedClusters;
    private readonly ClusterStatistics _clusterStatistics;
    private readonly ListenerScopeTable _listenerScopes;
    private readonly SecretStatistics _secretStatistics;
    private readonly RouteStatistics _routeStatistics;
    private readonly HealthWatch _healthWatch;
    private readonly ConnectionLimit _connectionLimit;
    private readonly MemoryKeeper _memory;
    private readonly AccessLogFiles _accessLogs;
    private readonly TimeProvider _time;
    private readonly long _startedAt;
    private readonly ServerHealth _health = new();
    private bool _isStarted;
    private volatile string? _notReady = "no configuration has come yet";

    private ProxyServer(ProxyOptions options, Bootstrap bootstrap, ILoggerFactory loggers, TimeProvider time, IReadOnlyList<HttpFilter> firstFilters)
    {
        _options = options;
        _logger = loggers.CreateLogger("main");
        Bootstrap = bootstrap;
        Stats = new StatsStore(options.Concurrency);
        Background = new BackgroundWork(_logger, time);
        Configuration = new RuntimeConfiguration(bootstrap, loggers, time, store: options.LastGoodStore, work: Background);
        Configuration.EndpointsChanged += slot =>
        {
            FollowStatistics(slot);
            Background.Run("telling the workers of other endpoints", () => OnAllWorkersAsync(worker => worker.OnClusterChanged(slot)));
        };
        Configuration.RoutesOverdue += () => Background.Run("serving listeners without their routes", GiveUpWaitingAsync);
        var ownListeners = new OwnListeners();
        _binder = new ListenerBinder(options.BindAddress, options.SharesPorts, ownListeners, OnAllListenersAsync, Stats.ListenerManager, _logger);
        _bindRetry = new BindRetry(Background, options.BindRetryMs, RetryBindsAsync);
        _sharedClusters = new SharedClusters(Stats);
        _clusterStatistics = new ClusterStatistics(Stats, _sharedClusters, time);
        Configuration.DnsAsked += _clusterStatistics.Count;
        Configuration.HealthChanged += _clusterStatistics.FollowHealth;
        _listenerScopes = new ListenerScopeTable(Stats);
        _secretStatistics = new SecretStatistics(Stats, time);
        _routeStatistics = new RouteStatistics(Stats, time);
        _healthWatch = new HealthWatch(Configuration, Stats, Background, loggers.CreateLogger("health"));
        _accessLogs = new AccessLogFiles(Stats, loggers, options.AccessLogLineBytes, options.AccessLogBufferBytes);
        _connectionLimit = new ConnectionLimit(options.MaxConnections);
        SocketMemory sockets = SocketMemory.Find();
        _memory = new MemoryKeeper(options.MemoryBudgetBytes, Stats.Overload, Background, readSockets: sockets.IsKnown ? sockets.Read : null);
        var resources = new WorkerResources(
            options,
            Stats,
            _memory.Budget,
            _health,
            new OwnPages(options.OperatorPages, options.PublicPages, loggers.CreateLogger("upstream")),
            ownListeners,
            _sharedClusters,
            new ListenerResources(
                _listenerScopes,
                _connectionLimit,
                new ConnectionLimit(options.MaxPageConnections),
                new IstioMetrics(Stats, IstioWorkload.From(bootstrap.Node), options.Version) { MaxSeries = options.MaxIstioSeriesPerWorker },
                _accessLogs),
            firstFilters);
        _workers = new WorkerGroup([.. Enumerable.Range(0, options.Concurrency).Select(i => new ServingWorker(i, resources, loggers))]);
        _drain = new DrainSequence(_workers, _health, options, time, _logger);

        _startedAt = time.GetTimestamp();
        StartedAt = time.GetUtcNow();
        _time = time;
        ServerStatsSampler.Register(Stats, time);
        Stats.AddSampler(SampleGauges);
        Stats.AddSampler(_memory.Sample);
        Stats.AddSampler(_clusterStatistics.Sample);
        Stats.AddCollector(_listenerScopes.CollectCertificates);
    }

    /// <summary>What it was started from.</summary>
    public Bootstrap Bootstrap { get; }

    /// <summary>All configuration that is in force.</summary>
    public RuntimeConfiguration Configuration { get; }

    /// <summary>All work beside the traffic, the proxy's and that of whoever serves it: one count of what fails there.</summary>
    public BackgroundWork Background { get; }

    /// <summary>All statistics.</summary>
    public StatsStore Stats { get; }

    /// <summary>Where it is in its life (Envoy: <c>/server_info</c>, <c>/ready</c>).</summary>
    public State State => _health.IsDenied ? State.Draining
        : !_isStarted ? State.PreInitializing
        : _notReady is null ? State.Live
        : State.Initializing;

    /// <summary>
    /// Why it does not serve what its first configuration asks for; null once it does. It stays so then, as Istio's readiness does: a port that is lost, or a
    /// listener that is refused, later must not take away the ports that serve.
    /// </summary>
    public string? NotReadyReason => _notReady;

    /// <summary>What really serves, listener by listener; those that were refused and those that wait included.</summary>
    public IReadOnlyList<ListenerState> ListenerStates => [.. Configuration.AppliedOf(XdsTypes.Listener).Select(StateOf)];

    /// <summary>The policies that are in force, listener by listener.</summary>
    public IReadOnlyList<PolicyState> PolicyStates => [.. PolicyInspection.States(ListenersByName)];

    /// <summary>Is raised, on a control thread, when <see cref="NotReadyReason"/> has become null.</summary>
    public event Action? BecameReady;

    /// <summary>Makes a data plane; it serves nothing before <see cref="StartAsync"/>.</summary>
    public static ProxyServer Create(ProxyOptions options, Bootstrap bootstrap, ILoggerFactory loggers, TimeProvider? time = null) =>
        Create(options, bootstrap, loggers, time, []);

    /// <summary>The same with filters of the process itself, in front of every chain.</summary>
    internal static ProxyServer Create(ProxyOptions options, Bootstrap bootstrap, ILoggerFactory loggers, TimeProvider? time, IReadOnlyList<HttpFilter> firstFilters) =>
        new(options, bootstrap, loggers, time ?? TimeProvider.System, firstFilters);

    /// <summary>Starts the workers and the listeners of the bootstrap.</summary>
    public async Task StartAsync()
    {
        foreach (ServingWorker worker in _workers.All)
        {
            worker.Worker.Loop.Start();
        }

        _isStarted = true;
        Stats.ListenerManager.WorkersStarted = 1;
        foreach (RuntimeCluster cluster in Configuration.Clusters)
        {
            FollowStatistics(cluster.Slot);
        }

        CountListeners(Configuration.Listeners.Values);
        await SetListenersAsync(Configuration.Listeners.Values);
    }

    /// <summary>When it was made.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>How long it has been running.</summary>
    public TimeSpan Uptime => _time.GetElapsedTime(_startedAt);

    /// <summary>Whether readiness is not denied by hand (Envoy: <c>/healthcheck/fail</c> and <c>/healthcheck/ok</c>).</summary>
    public bool IsHealthy
    {
        get => !_health.IsFailing;
        set => _health.IsFailing = !value;
    }

    /// <summary>Client connections that are open.</summary>
    public int ConnectionCount => _connectionLimit.Count;

    /// <summary>Every cluster with its endpoints (Envoy: <c>/clusters</c>).</summary>
    public Envoy.Admin.V3.Clusters GetClusters() => ClusterStatusPage.Make(Configuration);

    /// <summary>Every listener that serves, with its address (Envoy: <c>/listeners</c>).</summary>
    public Envoy.Admin.V3.Listeners GetListeners()
    {
        var page = new Envoy.Admin.V3.Listeners();
        foreach (RuntimeListener listener in Configuration.Listeners.Values.Where(listener => _binder.Addresses.BindingOf(listener.Name).IsServing))
        {
            page.ListenerStatuses.Add(new ListenerStatus { Name = listener.Name, LocalAddress = listener.InForce.Address });
        }

        return page;
    }

    /// <summary>What becomes of a request by the policies that are in force, filter by filter; nothing is sent or counted.</summary>
    /// <exception cref="System.Text.Json.JsonException">The claims are no JSON.</exception>
    public IReadOnlyList<PolicyDecision> DecideByPolicies(PolicyQuestion question) => PolicyInspection.Decide(ListenersByName, question);

    /// <summary>Closes the access logs and opens them again, so that they can be moved away (Envoy: <c>/reopen_logs</c>).</summary>
    public void ReopenLogs() => _accessLogs.Reopen();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<XdsRejection>> ApplyAsync(XdsDelta delta)
    {
        await _applying.WaitAsync();
        try
        {
            // 1. Compile: from here on a request that looks a cluster or a route up finds the new one.
            long startedAt = _time.GetTimestamp();
            RuntimeChange change = Configuration.Apply(delta);

            // 2. Let the workers follow: pools of endpoints that are gone, sockets.
            await OnAllWorkersAsync(worker =>
            {
                foreach (ClusterSlot slot in change.Clusters)
                {
                    worker.OnClusterChanged(slot);
                }
            });
            HashSet<ClusterSlot> rebuilt = [.. change.Clusters.Where(FollowStatistics)];
            foreach (string name in change.RemovedListeners)
            {
                await _binder.RemoveAsync(name);
            }

            CountListeners(change.Listeners);
            await SetListenersAsync(change.Listeners);

            // 3. Say so: readiness and dashboards go by these counters.
            TimeSpan took = _time.GetElapsedTime(startedAt);
            CountUpdate(Stats.Cds, delta, change, XdsTypes.Cluster, took);
            CountUpdate(Stats.Lds, delta, change, XdsTypes.Listener, took);
            _clusterStatistics.Count(delta, change.Rejections, rebuilt, took);
            _secretStatistics.Count(delta, change.Rejections, took);
            _routeStatistics.Count(delta, change.Rejections, Configuration.Listeners.Values, took);
            UpdateReadiness();
            return change.Rejections;
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>
    /// Says on which further addresses the ports of listeners are to be had: what a Service's load balancer and node ports are in
    /// a cluster. An address that cannot be had costs a warning.
    /// </summary>
    public async Task SetServicePortsAsync(IReadOnlyList<ServicePort> ports)
    {
        await _applying.WaitAsync();
        try
        {
            _binder.Addresses.ServicePorts = ports;
            await SetListenersAsync(Configuration.Listeners.Values);
        }
        finally
        {
            _applying.Release();
        }
    }

    /// <summary>The addresses that listeners were told to have and that the system refused, as one line each.</summary>
    public IReadOnlyList<string> BindFailures => _binder.Addresses.Failures;

    /// <summary>
    /// Ends service (edge.md, L01): readiness is denied at once and clients are told with each answer; after the minimum drain nothing new is accepted; what still runs
    /// when the drain time is over is cut, and logged.
    /// </summary>
    /// <param name="acceptsMeanwhile">Whether there is a minimum drain. False: nothing new from now on.</param>
    public Task EndAsync(bool acceptsMeanwhile) => _drain.EndAsync(acceptsMeanwhile);

    /// <summary>Ends listeners and not the process (Envoy: <c>/drain_listeners</c>).</summary>
    /// <param name="scope">Which.</param>
    /// <param name="isGraceful">Whether clients are told first, for <see cref="ProxyOptions.ListenerDrainMs"/>.</param>
    /// <param name="staysOpen">Whether that is all that happens.</param>
    public void DrainListeners(DrainScope scope, bool isGraceful, bool staysOpen) =>
        Background.Run("draining listeners", () => _drain.DrainListenersAsync(scope, isGraceful, staysOpen));

    /// <summary>Stops at once: whatever is still open is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        _health.IsEnding = true;
        _drain.Dispose();
        _memory.Dispose();
        await _bindRetry.DisposeAsync();
        foreach (ServingWorker worker in _workers.All)
        {
            await worker.Worker.Loop.StopAsync();
        }

        _healthWatch.Dispose();
        await Configuration.DisposeAsync();
        _accessLogs.Stop(TimeSpan.FromSeconds(1));
        _applying.Dispose();
    }

    private async Task SetListenersAsync(IEnumerable<RuntimeListener> listeners)
    {
        foreach (RuntimeListener listener in listeners)
        {
            _listenerScopes.Open(listener);
            await _binder.SetAsync(listener);
        }

        _listenerScopes.Keep(Configuration.Listeners.Values);

        if (_binder.Addresses.Failures.Count > 0)
        {
            _bindRetry.Start();
        }
    }

    private async Task GiveUpWaitingAsync()
    {
        await _applying.WaitAsync();
        try
        {
            IReadOnlyList<RuntimeListener> settled = Configuration.GiveUpWaiting();
            foreach (RuntimeListener listener in settled)
            {
                LogWithoutRoutes(_logger, listener.Name, RoutesOf(listener));
            }

            CountListeners(settled);
            await SetListenersAsync(settled);
            UpdateReadiness();
        }
        finally
        {
            _applying.Release();
        }
    }

    // Whatever could not be had is tried again; true when something is still missing.
    private async Task<bool> RetryBindsAsync(CancellationToken cancellation)
    {
        await _applying.WaitAsync(cancellation);
        try
        {
            foreach (RuntimeListener listener in Configuration.Listeners.Values)
            {
                if (!_health.IsEnding && _binder.Addresses.BindingOf(listener.Name).Failures.Count > 0)
                {
                    await _binder.SetAsync(listener);
                }
            }

            UpdateReadiness();
            return !_health.IsEnding && _binder.Addresses.Failures.Count > 0;
        }
        finally
        {
            _applying.Release();
        }
    }

    private ListenerState StateOf(AppliedResource resource)
    {
        if (resource.Active is null)
        {
            string problem = resource.Error is { } error ? $"it is refused: {error.Details}" : "it waits for its routes, which have not come yet";
            return new ListenerState(resource.Name, resource.IsStatic, [], problem);
        }

        ListenerBinding binding = _binder.Addresses.BindingOf(resource.Name);
        List<string> failures = [.. binding.Failures.Values.Order(StringComparer.Ordinal)];
        if (Configuration.Listeners.GetValueOrDefault(resource.Name) is { } listener && listener.WithoutRoutes.Any())
        {
            failures.Add($"Its routes {RoutesOf(listener)} have never come; requests for them are answered with 404.");
        }

        return new ListenerState(
            resource.Name, resource.IsStatic, [.. binding.Open.Where(static address => address.IsOwn).Select(static address => address.EndPoint)], failures.Count == 0 ? null : string.Join(" ", failures));
    }

    private void UpdateReadiness()
    {
        if (_notReady is null)
        {
            return;
        }

        ListenerState[] failing = [.. ListenerStates.Where(static state => state is { IsStatic: false, IsServing: false, Problem: not null })];
        _notReady = failing.Length == 0 ? null : string.Join("; ", failing.Select(static state => $"listener {state.Name} does not serve: {state.Problem}"));
        if (_notReady is null)
        {
            Stats.Server.InitializationTimeMs.Record((long)Uptime.TotalMilliseconds);
            BecameReady?.Invoke();
        }
    }

    // A version that changes no address is taken with the sockets that are there.
    private IEnumerable<RuntimeListener> ListenersByName => Configuration.Listeners.Values.OrderBy(static listener => listener.Name, StringComparer.Ordinal);

    private void CountListeners(IEnumerable<RuntimeListener> listeners)
    {
        foreach (RuntimeListener listener in listeners)
        {
            ListenerBinding binding = _binder.Addresses.BindingOf(listener.Name);
            bool isNew = binding == ListenerBinding.None;
            Stats.ListenerManager.ListenerAdded += isNew ? 1 : 0;
            Stats.ListenerManager.ListenerModified += isNew ? 0 : 1;
            Stats.ListenerManager.ListenerInPlaceUpdated += !isNew && binding.IsOf(_binder.Addresses.Of(listener)) ? 1 : 0;
        }
    }

    // Of each kind the first update counts whatever it has: an empty one says that there is none.
    private void CountUpdate(SubscriptionStats stats, XdsDelta delta, RuntimeChange change, string typeUrl, TimeSpan took)
    {
        if (stats.UpdateAttempt == 0 || delta.Changed.Any(resource => resource.Name.TypeUrl == typeUrl) || delta.Removed.Any(name => name.TypeUrl == typeUrl))
        {
            stats.Count(delta.Version, change.Rejections.Any(rejection => rejection.Name.TypeUrl == typeUrl), _time.GetUtcNow(), took);
        }
    }

    // The counters of a cluster exist from its coming on, not only from its first request on. True when it has other endpoints.
    private bool FollowStatistics(ClusterSlot slot)
    {
        bool isRebuilt = _clusterStatistics.Follow(slot);
        if (slot.Current is { } cluster)
        {
            _healthWatch.Follow(slot, _sharedClusters.Of(slot, cluster));
        }
        else
        {
            _healthWatch.Follow(slot, null);
            _sharedClusters.Remove(slot);
        }

        return isRebuilt;
    }

    private void SampleGauges()
    {
        Stats.Server.State = (long)State;
        Stats.Server.Live = State == State.Live ? 1 : 0;
        Stats.Server.TotalConnections = ConnectionCount;
        Stats.Server.BackgroundFailures = Background.Failures;
        DateTimeOffset? end = Configuration.FirstCertificateEnd;
        Stats.Server.HasCertificates = end is not null;
        Stats.Server.DaysUntilFirstCertExpiring = end is null ? 0 : Math.Max(0, (long)(end.Value - _time.GetUtcNow()).TotalDays);
        IReadOnlyList<ListenerState> listeners = ListenerStates;
        Stats.ListenerManager.TotalListenersActive = listeners.Count(static listener => listener.IsServing);
        Stats.ListenerManager.TotalListenersWarming = Configuration.WarmingListeners;
    }

    private static string RoutesOf(RuntimeListener listener) => string.Join(", ", listener.WithoutRoutes.Select(static manager => $"\"{manager.Routes.Name}\"").Distinct());

    [LoggerMessage(Level = LogLevel.Warning, Message = "listener {Listener} has waited long enough for its routes {Routes}: it serves without them, and answers with 404 until they come")]
    private static partial void LogWithoutRoutes(ILogger logger, string listener, string routes);

    private Task OnAllWorkersAsync(Action<ServingWorker> action) => _workers.RunAsync(action);

    private Task<T[]> OnAllListenersAsync<T>(Func<WorkerListeners, T> action) => _workers.RunAsync(worker => action(worker.Listeners));
}
