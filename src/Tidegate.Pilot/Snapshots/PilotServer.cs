using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Snapshots;

/// <summary>
/// Keeps one proxy up to date: whenever objects change, translates them off the thread that noticed, and gives the proxy the difference.
/// One difference after the other; changes that come meanwhile go together into the next. What cannot be translated or is refused leaves
/// everything else in force.
/// </summary>
public sealed partial class PilotServer : IAsyncDisposable
{
    private readonly ObjectStore _store;
    private readonly IXdsSink _sink;
    private readonly PilotOptions _options;
    private readonly ILogger<PilotServer> _logger;
    private readonly BackgroundWork _work;
    private readonly IssuerDocuments _issuers;
    private readonly Translator _translator = new();
    private readonly TaskCompletionSource<PilotPush> _firstPush = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>At most one wake-up waits: the loop takes the newest objects anyway. It carries when the change was noticed.</summary>
    private readonly Channel<long> _changes = Channel.CreateBounded<long>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly ProxyRefusals _refusals = new();
    private Dictionary<(ResourceKey?, string, string), Diagnostic> _reported = [];
    private volatile PilotPush? _last;
    private IReadOnlyList<EndpointOverride>? _endpoints;
    private BackgroundLoop? _loop;

    /// <summary>A control plane that has not started.</summary>
    /// <param name="store">Where objects come from.</param>
    /// <param name="sink">The proxy.</param>
    /// <param name="options">For which proxy, and how.</param>
    /// <param name="logger">Where pushes, refusals and findings are written.</param>
    /// <param name="work">Runs the translation.</param>
    public PilotServer(ObjectStore store, IXdsSink sink, PilotOptions options, ILogger<PilotServer> logger, BackgroundWork work)
    {
        _store = store;
        _sink = sink;
        _options = options;
        _logger = logger;
        _work = work;
        _issuers = new IssuerDocuments(work, options, logger, () => _changes.Writer.TryWrite(work.Time.GetTimestamp()));
    }

    /// <summary>Raised after each push, from the control plane's own task, before the next push begins.</summary>
    public event Action<PilotPush>? Pushed;

    /// <summary>Done when the first configuration is in force, which waits for the store's first complete scan. Faulted when the server stops before.</summary>
    public Task<PilotPush> FirstPush => _firstPush.Task;

    /// <summary>The configuration given to the proxy last; null before the first.</summary>
    public PilotPush? Last => _last;

    /// <summary>Starts to follow the store.</summary>
    public void Start()
    {
        _store.Changed += OnChanged;
        if (_store.IsLoaded)
        {
            _changes.Writer.TryWrite(_work.Time.GetTimestamp());
        }
        _loop = _work.Repeat("translating the configuration", TurnAsync);
    }

    /// <summary>Stops; a push that is under way is finished.</summary>
    public async ValueTask DisposeAsync()
    {
        _store.Changed -= OnChanged;
        if (_loop is not null)
        {
            await _loop.DisposeAsync().ConfigureAwait(false);
        }
        await _issuers.DisposeAsync().ConfigureAwait(false);
        _firstPush.TrySetCanceled();
    }

    private void OnChanged(ObjectSetChange change) => _changes.Writer.TryWrite(change.ObservedAt);

    private async Task TurnAsync(CancellationToken stopping)
    {
        _endpoints ??= await ResolveEndpointsAsync(stopping).ConfigureAwait(false);
        var observedAt = await _changes.Reader.ReadAsync(stopping).ConfigureAwait(false);
        try
        {
            await PushAsync(_endpoints, observedAt).ConfigureAwait(false);
        }
        catch
        {
            // A bug: the configuration in force stays, and the change is not forgotten.
            _changes.Writer.TryWrite(observedAt);
            throw;
        }
    }

    private async Task<IReadOnlyList<EndpointOverride>> ResolveEndpointsAsync(CancellationToken stopping)
    {
        var resolved = new List<EndpointOverride>();
        foreach (var endpoint in _options.Endpoints)
        {
            var addresses = await endpoint.ResolveAsync(stopping).ConfigureAwait(false);
            if (addresses.Count == 0)
            {
                LogUnresolved(endpoint.Host, endpoint.Service, endpoint.Namespace);
            }
            resolved.AddRange(addresses);
        }
        return resolved;
    }

    private async Task PushAsync(IReadOnlyList<EndpointOverride> endpoints, long observedAt)
    {
        // 1. Translate what there is now, which may be more than the change that woke us.
        var started = _work.Time.GetTimestamp();
        var input = _issuers.Into(new TranslationInput(_store.Current)
        {
            Node = _options.Node,
            Mesh = _options.Mesh,
            Endpoints = endpoints,
            Features = _options.Features,
        });
        var result = _translator.Translate(input);
        await _issuers.WantAsync(result).ConfigureAwait(false);
        if (_issuers.Into(input) is var known && !ReferenceEquals(known, input))
        {
            result = _translator.Translate(known);
        }
        var snapshot = new XdsSnapshot(result.Resources);
        var delta = snapshot.ChangesSince(_last?.Snapshot ?? XdsSnapshot.Empty);
        var translationTime = _work.Time.GetElapsedTime(started);

        // 2. Give the proxy what changed.
        var rejections = delta.IsEmpty && _last is not null ? [] : await _sink.ApplyAsync(delta).ConfigureAwait(false);
        _refusals.Update(delta, rejections);
        IReadOnlyList<Diagnostic> diagnostics = [.. result.Diagnostics, .. _refusals.Diagnostics(result.Origins)];
        Report(diagnostics);

        // 3. It is in force.
        var push = new PilotPush(
            snapshot, delta, rejections, diagnostics, result.GatewayServices, translationTime, _work.Time.GetElapsedTime(observedAt));
        _last = push;
        LogPushed(snapshot.Version, delta.Changed.Count, delta.Removed.Count, push.TranslationTime.TotalMilliseconds, push.TotalTime.TotalMilliseconds);
        Pushed?.Invoke(push);
        _firstPush.TrySetResult(push);
    }

    /// <summary>Writes what was not written for the configuration before, and what of that is mended.</summary>
    private void Report(IReadOnlyList<Diagnostic> diagnostics)
    {
        var now = new Dictionary<(ResourceKey?, string, string), Diagnostic>();
        foreach (var diagnostic in diagnostics)
        {
            var key = (diagnostic.Resource, diagnostic.Field, diagnostic.Message);
            if (now.TryAdd(key, diagnostic) && !_reported.ContainsKey(key))
            {
                LogLevel level = LevelOf(diagnostic.Severity);
                LogFinding(level, diagnostic);
            }
        }
        var refused = now.Values.Where(IsRefusal).Select(static diagnostic => (diagnostic.Resource, diagnostic.File)).ToHashSet();
        foreach (var mended in _reported.Values.Where(IsRefusal).Where(before => !refused.Contains((before.Resource, before.File))).DistinctBy(before => (before.Resource, before.File)))
        {
            LogMended(mended.Resource is { } key ? $"{mended.File}: {key}" : mended.File);
        }
        foreach (var (key, mended) in _reported)
        {
            if (mended.Severity > Severity.Info && !IsRefusal(mended) && !now.ContainsKey(key))
            {
                LogMendedFinding(mended);
            }
        }
        _reported = now;
    }

    private static bool IsRefusal(Diagnostic diagnostic) => diagnostic.Code == DiagnosticCodes.RefusedByProxy;

    private static LogLevel LevelOf(Severity severity) => severity switch
    {
        Severity.Error => LogLevel.Error,
        Severity.Warning => LogLevel.Warning,
        _ => LogLevel.Information,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "configuration {Version}: {Changed} changed, {Removed} removed; translated in {TranslationMs:F1} ms, in force after {TotalMs:F1} ms")]
    private partial void LogPushed(string version, int changed, int removed, double translationMs, double totalMs);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Object}: the proxy refuses nothing of it any more")]
    private partial void LogMended(string @object);

    [LoggerMessage(Level = LogLevel.Information, Message = "mended: {Diagnostic}")]
    private partial void LogMendedFinding(Diagnostic diagnostic);

    [LoggerMessage(Message = "{Diagnostic}")]
    private partial void LogFinding(LogLevel level, Diagnostic diagnostic);

    [LoggerMessage(Level = LogLevel.Warning, Message = "--endpoint: {Host} has no address; {Service}.{Namespace} has no endpoint there")]
    private partial void LogUnresolved(string host, string service, string @namespace);
}
