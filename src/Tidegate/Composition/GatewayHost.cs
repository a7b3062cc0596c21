using Tidegate.Agent;
using Tidegate.Diagnostics;
using Tidegate.Failures;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Analysis;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Sources.Kubernetes;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Validation;
using Tidegate.Proxy;
using Tidegate.Proxy.Listeners;
using Tidegate.Rules.Formats;
using Tidegate.Running;
using Tidegate.Settings;

namespace Tidegate.Composition;

/// <summary>
/// Control plane and data plane in one process: manifests to objects, objects to xDS, xDS to traffic. Starts the parts in the
/// order in which they need each other, and stops them the other way round.
/// </summary>
internal sealed partial class GatewayHost : IAsyncDisposable
{
    private readonly RunOptions _options;
    private readonly ILogger _logger;
    private readonly DirectorySource? _directory;
    private readonly ClusterSource? _cluster;
    private readonly PilotServer _pilot;
    private readonly GatewayAnalysis _analysis;
    private readonly FileSecrets _fileSecrets;
    private IReadOnlyList<ServicePort> _servicePorts = [];

    /// <summary>Makes the parts; nothing runs before <see cref="StartAsync"/>.</summary>
    public GatewayHost(RunOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        _options = options;
        _logger = loggers.CreateLogger("main");
        CheckAccessLogFormat(options);
        ProxyNode node = options.Node;
        Proxy = ProxyServer.Create(
            options.Proxy with
            {
                Version = ProductVersion.Text,
                Http2Limits = options.Http2Limits,
                LastGoodStore = options.StateFolder.Length == 0 ? null : new LastGoodResources(options.StateFolder, loggers.CreateLogger<LastGoodResources>()),
            },
            BootstrapConfiguration.Make(options, node),
            loggers,
            time);
        Proxy.Stats.Server.Version = ProductVersion.RevisionNumber;
        var lastGood = options.StateFolder.Length == 0 ? null : new LastGoodObjects(options.StateFolder, loggers.CreateLogger<LastGoodObjects>());
        var store = new ObjectStore(loggers.CreateLogger<ObjectStore>(), time, lastGood);
        _directory = options.Directory.Length == 0 ? null : new DirectorySource(options.Directory, options.Namespace, store, loggers.CreateLogger<DirectorySource>(), Proxy.Background)
        {
            MaxFileBytes = options.MaxManifestBytes,
            Limits = options.Manifests,
        };
        _cluster = options.FollowsCluster ? OpenCluster(options, store, loggers.CreateLogger<ClusterSource>(), Proxy.Background) : null;
        var pilotOptions = new PilotOptions
        {
            Node = node,
            Endpoints = options.Endpoints,
            Mesh = MeshSettings.Default with
            {
                CompatibilityVersion = options.Compatibility,
                AcceptsHttp10 = options.Proxy.Http1Limits.AcceptHttp10,
                TransportSocketConnectTimeout = TimeSpan.FromMilliseconds(options.Proxy.HandshakeTimeoutMs),
                AccessLogFile = options.AccessLog,
                IsAccessLogFileAskedFor = options.AccessLog != new RunOptions().AccessLog,
                AccessLogFormat = options.AccessLogFormat,
                AccessLogIsJson = options.IsAccessLogJson,
            },
        };
        _pilot = new PilotServer(store, Proxy, pilotOptions, loggers.CreateLogger<PilotServer>(), Proxy.Background);
        _pilot.Pushed += OnPushed;
        _analysis = new GatewayAnalysis(store, _pilot, pilotOptions, loggers.CreateLogger<GatewayAnalysis>(), Proxy.Background);
        _ = new DiagnosticsMetric(_analysis, Proxy.Stats);
        _fileSecrets = new FileSecrets(() => Proxy.Configuration.SecretNames, Proxy.ApplyAsync, options.WorkloadCertificates, loggers.CreateLogger<FileSecrets>(), Proxy.Background) { MaxFileBytes = options.MaxCertificateBytes };
    }

    /// <summary>The data plane.</summary>
    public ProxyServer Proxy { get; }

    /// <summary>The Services by which clients reach the gateway, as the last configuration has them.</summary>
    public IReadOnlyList<GatewayService> GatewayServices => _pilot.Last?.GatewayServices ?? [];

    /// <summary>What there is to say of the configuration now.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => _analysis.Diagnostics;

    /// <summary>Whether the first configuration serves, with the secrets that it needs.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>Starts serving; returns when the first configuration is in force.</summary>
    public async Task StartAsync()
    {
        await Proxy.StartAsync();
        _pilot.Start();
        _directory?.Start();
        _cluster?.Start();
        await _pilot.FirstPush;
        await _fileSecrets.StartAsync();
        _analysis.Start();
        IsStarted = true;
        Proxy.BecameReady += LogReadiness;
        LogReadiness();

        // What only the start needed goes back to the system.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _analysis.DisposeAsync();
        await (_directory?.DisposeAsync() ?? default);
        await (_cluster?.DisposeAsync() ?? default);
        await _pilot.DisposeAsync();
        await _fileSecrets.DisposeAsync();
        await Proxy.DisposeAsync();
    }

    private static ClusterSource OpenCluster(RunOptions options, ObjectStore store, ILogger<ClusterSource> logger, BackgroundWork work)
    {
        ClusterConnection connection = ClusterConnection.TryOpen(options.Kubeconfig, options.KubeContext, out string problem)
            ?? throw new CommandException($"--kubernetes: {problem}", ExitCodes.Usage);
        ClusterSourceOptions what = options.Cluster with
        {
            SecretNamespaces = options.Cluster.SecretNamespaces.Count > 0 ? options.Cluster.SecretNamespaces : [options.GatewayNamespace],
            DefaultNamespace = options.Namespace,
            CopyFolder = options.StateFolder,
        };
        return new ClusterSource(connection, what, store, logger, work);
    }

    // Which ports serve, or why not all do that should.
    private void LogReadiness()
    {
        if (Proxy.NotReadyReason is { } reason)
        {
            LogNotReady(_logger, reason);
            return;
        }

        ListenerState[] listeners = [.. Proxy.ListenerStates.Where(static listener => !listener.IsStatic)];
        if (listeners.Length == 0)
        {
            LogNothingToServe(_logger, Proxy.Uptime.TotalMilliseconds, _options.FollowsCluster ? "the cluster" : _options.Directory);
            return;
        }

        IEnumerable<string> open = listeners.SelectMany(static listener => listener.Open).Select(static address => address.ToString()).Distinct().Order(StringComparer.Ordinal);
        string addresses = string.Join(", ", open);
        LogReady(_logger, addresses, _pilot.Last?.Snapshot.Resources.Count ?? 0, Proxy.Uptime.TotalMilliseconds);
    }

    private void CheckAccessLogFormat(RunOptions options)
    {
        if (options.AccessLogFormat.Length == 0)
        {
            return;
        }

        if (LogFormat.Check(options.AccessLogFormat, options.IsAccessLogJson) is { } problem)
        {
            LogFormatRefused(_logger, problem);
        }
        else if (FormatString.Describe(LogFormat.WithoutValue(options.AccessLogFormat, options.IsAccessLogJson)) is { } withoutValue)
        {
            LogFormatHasGaps(_logger, withoutValue);
        }
    }

    private void OnPushed(PilotPush push)
    {
        _fileSecrets.Wake();
        if (!_options.OpensServicePorts || _options.FollowsCluster)
        {
            return;
        }

        IReadOnlyList<ServicePort> ports = ServicePorts.Of(_options, push.GatewayServices);
        if (!ports.SequenceEqual(_servicePorts))
        {
            _servicePorts = ports;
            Proxy.Background.Run("opening the ports of the gateway's Service", () => Proxy.SetServicePortsAsync(ports));
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "ready: serving on {Addresses}; {Count} resources in force, {Milliseconds:F0} ms after the start")]
    private static partial void LogReady(ILogger logger, string addresses, int count, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ready, {Milliseconds:F0} ms after the start, but there is no Gateway in {Directory} that selects this gateway: no port is open for traffic")]
    private static partial void LogNothingToServe(ILogger logger, double milliseconds, string directory);

    [LoggerMessage(Level = LogLevel.Warning, Message = "not ready: {Reason}")]
    private static partial void LogNotReady(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "--access-log-format: {Problem}; Istio's own format is used instead")]
    private static partial void LogFormatRefused(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "--access-log-format: {WithoutValue}")]
    private static partial void LogFormatHasGaps(ILogger logger, string withoutValue);
}
