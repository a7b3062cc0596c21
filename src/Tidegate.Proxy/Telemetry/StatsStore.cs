using Tidegate.Http.Http2;

namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// All statistics of the proxy. Scopes are added and removed by control threads; each worker writes its own instance of a
/// scope's class without locks; <see cref="Sample"/> sums them for the admin pages. The totals of a removed scope vanish, as
/// in Envoy. A worker that adds a scope (the first request of a filter) waits for no sample: that lock is held for a look-up.
/// </summary>
public sealed class StatsStore
{
    // Order: _sampling before _lock.
    private readonly Lock _sampling = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, StatScope> _scopes = [];
    private readonly List<Action> _samplers = [];
    private readonly List<Action<List<StatSample>>> _collectors = [];
    private readonly TagStyle _tagStyle;
    private readonly StatsInclusion? _inclusion;

    // What counters had when they were reset; of which scope, where that is one that comes and goes.
    private Dictionary<string, (StatScope? Scope, long Value)> _zeros = [];

    /// <summary>A store for <paramref name="concurrency"/> workers.</summary>
    /// <param name="concurrency">The number of workers.</param>
    /// <param name="tagStyle">Which names tags have in Prometheus text.</param>
    /// <param name="inclusion">Which statistics are shown; null for all.</param>
    public StatsStore(int concurrency, TagStyle tagStyle = TagStyle.Istio, StatsInclusion? inclusion = null)
    {
        Concurrency = concurrency;
        _tagStyle = tagStyle;
        _inclusion = inclusion;
        Server = AddFixed("server", StatTables.Server).Main;
        Overload = AddFixed("overload", StatTables.Overload).Main;
        ListenerManager = AddFixed("listener_manager", StatTables.ListenerManager).Main;
        ClusterManager = AddFixed("cluster_manager", StatTables.ClusterManager).Main;
        Lds = AddFixed("listener_manager.lds", StatTables.Subscription).Main;
        Cds = AddFixed("cluster_manager.cds", StatTables.ReloadedSubscription).Main;
        TlsInspector = Add("tls_inspector.", "envoy_tls_inspector_", [], StatTables.TlsInspector);
        Http1 = Add("http1.", "envoy_http1_", [], StatTables.Http1);
        Http2 = Add("http2.", "envoy_http2_", [], StatTables.Http2);
        AccessLogFiles = Add("filesystem.", "envoy_filesystem_", [], StatTables.AccessLogFile);
    }

    /// <summary>The number of workers.</summary>
    public int Concurrency { get; }

    /// <summary>The server as a whole.</summary>
    public ServerStats Server { get; }

    /// <summary>Memory under attack.</summary>
    public OverloadStats Overload { get; }

    /// <summary>Listeners as a whole.</summary>
    public ListenerManagerStats ListenerManager { get; }

    /// <summary>Clusters as a whole.</summary>
    public ClusterManagerStats ClusterManager { get; }

    /// <summary>The listeners' configuration (readiness asks for its <c>update_success</c>).</summary>
    public SubscriptionStats Lds { get; }

    /// <summary>The clusters' configuration (readiness asks for its <c>update_success</c>).</summary>
    public SubscriptionStats Cds { get; }

    /// <summary>Connections whose ClientHello is looked at.</summary>
    public StatScope<TlsInspectorStats> TlsInspector { get; }

    /// <summary>The HTTP/1.1 codec towards clients.</summary>
    public StatScope<Http1Stats> Http1 { get; }

    /// <summary>The HTTP/2 codec towards clients.</summary>
    public StatScope<Http2Counters> Http2 { get; }

    /// <summary>All file access logs together.</summary>
    public StatScope<AccessLogFileStats> AccessLogFiles { get; }

    /// <summary>
    /// The statistics of a cluster. Adding one that is there gives the same scope once more, to be removed once more.
    /// </summary>
    /// <param name="statName">The cluster's <c>alt_stat_name</c>, or its name where that is empty.</param>
    public StatScope<ClusterStats> AddCluster(string statName) =>
        Add($"cluster.{Sanitize(statName)}.", "envoy_cluster_", [Tag("cluster_name", statName)], StatTables.Cluster);

    /// <summary>TLS towards a cluster's endpoints. It goes with the cluster; adding it again adds nothing.</summary>
    /// <param name="owner">The cluster's statistics.</param>
    public StatScope<TlsStats> AddClusterTls(StatScope owner) => Add($"{owner.Prefix}ssl.", $"{owner.MetricPrefix}ssl_", owner.Tags, StatTables.UpstreamTls, owner: owner);

    /// <summary>TLS towards the clients of a listener. It goes with the listener; adding it again adds nothing.</summary>
    /// <param name="owner">The listener's statistics.</param>
    public StatScope<TlsStats> AddListenerTls(StatScope owner) => Add($"{owner.Prefix}ssl.", $"{owner.MetricPrefix}ssl_", owner.Tags, StatTables.DownstreamTls, owner: owner);

    /// <summary>The HTTP/2 codec towards a cluster's endpoints. It goes with the cluster; adding it again adds nothing.</summary>
    /// <param name="owner">The cluster's statistics.</param>
    public StatScope<Http2Counters> AddClusterHttp2(StatScope owner) =>
        Add($"{owner.Prefix}http2.", $"{owner.MetricPrefix}http2_", owner.Tags, StatTables.Http2, owner: owner);

    /// <summary>The statistics of a cluster's ejections; written in <see cref="StatScope{T}.Main"/> only.</summary>
    public StatScope<OutlierStats> AddOutlierDetection(string statName) =>
        Add($"cluster.{Sanitize(statName)}.outlier_detection.", "envoy_cluster_outlier_detection_", [Tag("cluster_name", statName)], StatTables.Outlier, concurrency: 0);

    /// <summary>The statistics of a cluster's active health checks; written in <see cref="StatScope{T}.Main"/> only.</summary>
    public StatScope<HealthCheckStats> AddHealthCheck(string statName) =>
        Add($"cluster.{Sanitize(statName)}.health_check.", "envoy_cluster_health_check_", [Tag("cluster_name", statName)], StatTables.HealthCheck, concurrency: 0);

    /// <summary>The statistics of an HTTP connection manager; those with the same prefix share them.</summary>
    public StatScope<HttpConnectionManagerStats> AddHttpConnectionManager(string statPrefix) =>
        Add($"http.{Sanitize(statPrefix)}.", "envoy_http_", [Tag("http_conn_manager_prefix", statPrefix)], StatTables.HttpConnectionManager);

    /// <summary>The statistics of a local rate limit. They go with those of the connection manager that has it; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    /// <param name="statPrefix">The filter's.</param>
    public StatScope<LocalRateLimitStats> AddLocalRateLimit(StatScope owner, string statPrefix) =>
        Add($"{Sanitize(statPrefix)}.http_local_rate_limit.", "envoy_http_local_rate_limit_", [Tag("local_http_ratelimit_prefix", statPrefix)], StatTables.LocalRateLimit, owner: owner);

    /// <summary>The statistics of questions to a rate limit service. They go with the cluster that requests go to; adding them again adds nothing.</summary>
    /// <param name="owner">The cluster's.</param>
    /// <param name="statPrefix">The filter's own; empty for none.</param>
    public StatScope<RateLimitStats> AddRateLimit(StatScope owner, string statPrefix) => Add(
        $"{owner.Prefix}ratelimit.{RulesPart(statPrefix)}", $"envoy_cluster_ratelimit_{StatName.ToMetricName(RulesPart(statPrefix))}", owner.Tags, StatTables.RateLimit, owner: owner);

    /// <summary>The same of connections. They go with those of the filter chain.</summary>
    /// <param name="owner">The filter chain's.</param>
    /// <param name="statPrefix">The filter's own.</param>
    public StatScope<ConnectionRateLimitStats> AddTcpRateLimit(StatScope owner, string statPrefix) =>
        Add($"ratelimit.{Sanitize(statPrefix)}.", "envoy_ratelimit_", [Tag("ratelimit_prefix", statPrefix)], StatTables.ConnectionRateLimit, owner: owner);

    /// <summary>The statistics of a rate of connections. They go with those of the filter chain that has it; adding them again adds nothing.</summary>
    /// <param name="owner">The filter chain's.</param>
    /// <param name="statPrefix">The filter's own.</param>
    public StatScope<ConnectionRateStats> AddConnectionRate(StatScope owner, string statPrefix) =>
        Add($"local_rate_limit.{Sanitize(statPrefix)}.", "envoy_local_rate_limit_", [Tag("local_ratelimit_prefix", statPrefix)], StatTables.ConnectionRate, owner: owner);

    /// <summary>The statistics of a limit of connections. They go with those of the filter chain that has it; adding them again adds nothing.</summary>
    /// <param name="owner">The filter chain's.</param>
    /// <param name="statPrefix">The filter's own.</param>
    public StatScope<ConnectionLimitStats> AddConnectionLimit(StatScope owner, string statPrefix) =>
        Add($"connection_limit.{Sanitize(statPrefix)}.", "envoy_connection_limit_", [Tag("connection_limit_prefix", statPrefix)], StatTables.ConnectionLimit, owner: owner);

    /// <summary>The statistics of a check of origins. They go with those of the connection manager that has it; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    public StatScope<CsrfStats> AddCsrf(StatScope owner) => Add($"{owner.Prefix}csrf.", "envoy_http_csrf_", owner.Tags, StatTables.Csrf, owner: owner);

    /// <summary>The statistics of policies for requests. They go with those of the connection manager that has them; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    /// <param name="rulesPrefix">What the rules add to it; empty for nothing.</param>
    public StatScope<RbacStats> AddRbac(StatScope owner, string rulesPrefix) => Add(
        $"{owner.Prefix}rbac.{RulesPart(rulesPrefix)}",
        $"envoy_http_rbac_{StatName.ToMetricName(RulesPart(rulesPrefix))}",
        owner.Tags,
        StatTables.Rbac,
        owner: owner);

    /// <summary>The statistics of one policy (Envoy: <c>track_per_rule_stats</c>). They go with those of the connection manager that asks it; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    /// <param name="policy">The policy's name.</param>
    public StatScope<RbacStats> AddRbacPolicy(StatScope owner, string policy) => Add(
        $"{owner.Prefix}rbac.policy.{Sanitize(policy)}.", "envoy_http_rbac_policy_", [.. owner.Tags, new StatTag("policy", policy)], StatTables.Rbac, owner: owner);

    /// <summary>The same of a policy for connections.</summary>
    /// <param name="owner">The filter chain's.</param>
    /// <param name="statPrefix">The filter's own.</param>
    /// <param name="policy">The policy's name.</param>
    public StatScope<RbacStats> AddTcpRbacPolicy(StatScope owner, string statPrefix, string policy) => Add(
        $"{Sanitize(statPrefix)}rbac.policy.{Sanitize(policy)}.", $"envoy_{StatName.ToMetricName(statPrefix)}rbac_policy_", [new StatTag("policy", policy)], StatTables.Rbac, owner: owner);

    /// <summary>The statistics of policies for connections. They go with those of the filter chain that has them; adding them again adds nothing.</summary>
    /// <param name="owner">The filter chain's.</param>
    /// <param name="statPrefix">The filter's own.</param>
    /// <param name="rulesPrefix">What the rules add to it; empty for nothing.</param>
    public StatScope<RbacStats> AddTcpRbac(StatScope owner, string statPrefix, string rulesPrefix) => Add(
        $"{Sanitize(statPrefix)}rbac.{RulesPart(rulesPrefix)}",
        $"envoy_{StatName.ToMetricName(statPrefix)}rbac_{StatName.ToMetricName(RulesPart(rulesPrefix))}",
        [],
        StatTables.Rbac,
        owner: owner);

    /// <summary>The statistics of questions to an authorizer. They go with those of the connection manager that asks; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    /// <param name="statPrefix">The filter's own; empty for none.</param>
    public StatScope<ExtAuthzStats> AddExtAuthz(StatScope owner, string statPrefix) => Add(
        $"{owner.Prefix}ext_authz.{RulesPart(statPrefix)}", $"envoy_http_ext_authz_{StatName.ToMetricName(RulesPart(statPrefix))}", owner.Tags, StatTables.ExtAuthz, owner: owner);

    /// <summary>The same of connections.</summary>
    /// <param name="owner">The filter chain's.</param>
    /// <param name="statPrefix">The filter's own.</param>
    public StatScope<ConnectionExtAuthzStats> AddTcpExtAuthz(StatScope owner, string statPrefix) => Add(
        $"ext_authz.{Sanitize(statPrefix)}.", $"envoy_ext_authz_{StatName.ToMetricName(statPrefix)}_", [], StatTables.ConnectionExtAuthz, owner: owner);

    /// <summary>The statistics of the check of tokens. They go with those of the connection manager that has it; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    public StatScope<JwtStats> AddJwt(StatScope owner) =>
        Add($"{owner.Prefix}jwt_authn.", "envoy_http_jwt_authn_", owner.Tags, StatTables.Jwt, owner: owner);

    /// <summary>The statistics of logins. They go with those of the connection manager that has them; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    /// <param name="statPrefix">The filter's own; empty for none.</param>
    public StatScope<OAuth2Stats> AddOAuth2(StatScope owner, string statPrefix) =>
        Add($"{owner.Prefix}{RulesPart(statPrefix)}oauth_", $"envoy_http_{StatName.ToMetricName(RulesPart(statPrefix))}oauth_", owner.Tags, StatTables.OAuth2, owner: owner);

    /// <summary>The statistics of keys of clients, likewise.</summary>
    /// <param name="owner">The connection manager's.</param>
    public StatScope<ApiKeyAuthStats> AddApiKeyAuth(StatScope owner) =>
        Add($"{owner.Prefix}api_key_auth.", "envoy_http_api_key_auth_", owner.Tags, StatTables.ApiKeyAuth, owner: owner);

    /// <summary>The statistics of names and passwords, likewise.</summary>
    /// <param name="owner">The connection manager's.</param>
    public StatScope<BasicAuthStats> AddBasicAuth(StatScope owner) =>
        Add($"{owner.Prefix}basic_auth.", "envoy_http_basic_auth_", owner.Tags, StatTables.BasicAuth, owner: owner);

    /// <summary>The statistics of a compressor. They go with those of the connection manager that has it; adding them again adds nothing.</summary>
    /// <param name="owner">The connection manager's.</param>
    /// <param name="name">What follows its prefix, with its last dot: <c>compressor.LIBRARY.gzip.</c></param>
    public StatScope<CompressorStats> AddCompressor(StatScope owner, string name) =>
        Add($"{owner.Prefix}{Sanitize(name)}", $"envoy_http_{StatName.ToMetricName(name)}", owner.Tags, StatTables.Compressor, owner: owner);

    /// <summary>The statistics of a route configuration's subscription; written in <see cref="StatScope{T}.Main"/> only.</summary>
    public StatScope<SubscriptionStats> AddRouteConfiguration(string statPrefix, string routeName) =>
        Add($"http.{Sanitize(statPrefix)}.rds.{Sanitize(routeName)}.", "envoy_http_rds_", [Tag("http_conn_manager_prefix", statPrefix), Tag("rds_route_config", routeName)], StatTables.ReloadedSubscription, concurrency: 0);

    /// <summary>The statistics of a secret's subscription; written in <see cref="StatScope{T}.Main"/> only.</summary>
    public StatScope<SubscriptionStats> AddSecret(string name) =>
        Add($"sds.{Sanitize(name)}.", "envoy_sds_", [new StatTag("envoy_xds_resource_name", Sanitize(name))], StatTables.Subscription, concurrency: 0);

    /// <summary>The statistics of a TCP proxy; those with the same prefix share them.</summary>
    public StatScope<TcpProxyStats> AddTcpProxy(string statPrefix) =>
        Add($"tcp.{Sanitize(statPrefix)}.", "envoy_tcp_", [Tag("tcp_prefix", statPrefix)], StatTables.TcpProxy);

    /// <summary>The statistics of a listener.</summary>
    /// <param name="statName">The listener's <c>stat_prefix</c>, or its address as <c>0.0.0.0_8080</c> where that is empty.</param>
    public StatScope<ListenerStats> AddListener(string statName) =>
        Add($"listener.{Sanitize(statName)}.", "envoy_listener_", [Tag("listener_address", statName)], StatTables.Listener);

    /// <summary>The statistics that a connection manager keeps for its listener.</summary>
    public StatScope<ListenerHttpStats> AddListenerHttp(string listenerStatName, string statPrefix) =>
        Add($"listener.{Sanitize(listenerStatName)}.http.{Sanitize(statPrefix)}.", "envoy_listener_http_", [Tag("http_conn_manager_prefix", statPrefix), Tag("listener_address", listenerStatName)], StatTables.ListenerHttp);

    /// <summary>
    /// Takes a scope away when it was removed as often as it was added, and with it what belongs to it. Its instances may still be written; no one sees it.
    /// </summary>
    public void Remove(StatScope scope)
    {
        lock (_lock)
        {
            RemoveLocked(scope);
        }
    }

    /// <summary>
    /// Registers what sets gauges just before a sample is taken (uptime, memory, open circuit breakers). It runs on the
    /// sampling thread, one at a time.
    /// </summary>
    public void AddSampler(Action sampler)
    {
        lock (_lock)
        {
            _samplers.Add(sampler);
        }
    }

    /// <summary>Registers what has statistics of another shape than scopes have.</summary>
    internal void AddCollector(Action<List<StatSample>> collector)
    {
        lock (_lock)
        {
            _collectors.Add(collector);
        }
    }

    /// <summary>All statistics now. Any thread.</summary>
    public StatsSnapshot Sample()
    {
        lock (_sampling)
        {
            Action[] samplers;
            lock (_lock)
            {
                samplers = [.. _samplers];
            }

            foreach (Action sampler in samplers)
            {
                sampler();
            }

            List<StatSample> samples = SampleAll();
            if (_zeros.Count > 0)
            {
                SubtractZeros(samples);
            }

            if (_inclusion is not null)
            {
                samples.RemoveAll(sample => !_inclusion.Shows(sample.FullName));
            }

            return new StatsSnapshot(samples, _tagStyle);
        }
    }

    /// <summary>
    /// From now on counters are told as if they were 0 now (Envoy: <c>/reset_counters</c>). Gauges and histograms stay. Who writes them notices
    /// nothing: what they had is subtracted when they are read. Any thread.
    /// </summary>
    public void ResetCounters()
    {
        lock (_sampling)
        {
            Dictionary<string, (StatScope? Scope, long Value)> zeros = [];
            foreach (StatSample sample in SampleAll())
            {
                if (sample.Kind == StatKind.Counter && sample.Value != 0)
                {
                    zeros[sample.FullName] = (sample.Scope.UseCount > 0 ? sample.Scope : null, sample.Value);
                }
            }

            _zeros = zeros;
        }
    }

    private List<StatSample> SampleAll()
    {
        StatScope[] scopes;
        Action<List<StatSample>>[] collectors;
        lock (_lock)
        {
            scopes = [.. _scopes.Values];
            collectors = [.. _collectors];
        }

        List<StatSample> samples = [];
        foreach (StatScope scope in scopes)
        {
            scope.Sample(samples);
        }

        foreach (Action<List<StatSample>> collector in collectors)
        {
            collector(samples);
        }

        return samples;
    }

    // One that is not found any more, or is another's now, is forgotten.
    private void SubtractZeros(List<StatSample> samples)
    {
        Dictionary<string, (StatScope? Scope, long Value)> kept = [];
        for (int i = 0; i < samples.Count; i++)
        {
            StatSample sample = samples[i];
            if (sample.Kind == StatKind.Counter && _zeros.TryGetValue(sample.FullName, out (StatScope? Scope, long Value) zero)
                && (zero.Scope is null || ReferenceEquals(zero.Scope, sample.Scope)) && zero.Value <= sample.Value)
            {
                kept[sample.FullName] = zero;
                samples[i] = sample with { Value = sample.Value - zero.Value };
            }
        }

        _zeros = kept;
    }

    private void RemoveLocked(StatScope scope)
    {
        if (--scope.UseCount > 0)
        {
            return;
        }

        _scopes.Remove(scope.Prefix);
        foreach (StatScope part in scope.Parts)
        {
            RemoveLocked(part);
        }
    }

    private StatScope<T> AddFixed<T>(string name, StatTable<T> table)
        where T : class, new() => Add($"{name}.", $"envoy_{StatName.ToMetricName(name)}_", [], table, concurrency: 0);

    private StatScope<T> Add<T>(
        string prefix, string metricPrefix, IReadOnlyList<StatTag> tags, StatTable<T> table, int? concurrency = null, StatScope? owner = null)
        where T : class, new()
    {
        lock (_lock)
        {
            _scopes.TryGetValue(prefix, out StatScope? scope);
            bool isUnseen = owner is { UseCount: 0 }; // what still runs for it counts, and no one sees it
            if (scope is null)
            {
                scope = new StatScope<T>(prefix, metricPrefix, tags, table, concurrency ?? Concurrency);
                if (!isUnseen)
                {
                    _scopes.Add(prefix, scope);
                }
            }

            if (!isUnseen && (owner is null || owner.Parts.Add(scope)))
            {
                scope.UseCount++;
            }

            return (StatScope<T>)scope;
        }
    }

    // Istio ends a name with ';' so that its tag rule finds the end; the tag does not have it.
    private StatTag Tag(string name, string value) =>
        new(_tagStyle == TagStyle.Istio ? name : $"envoy_{name}", Sanitize(value.TrimEnd(';')));

    private static string RulesPart(string rulesPrefix) => rulesPrefix.Length == 0 ? string.Empty : $"{Sanitize(rulesPrefix)}.";

    // As Envoy does: a colon separates parts of addresses, and a line of /stats.
    private static string Sanitize(string name) => name.Replace(':', '_').Replace('\0', '_');
}
