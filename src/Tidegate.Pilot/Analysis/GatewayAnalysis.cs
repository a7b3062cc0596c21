using System.Threading.Channels;
using Envoy.Config.Endpoint.V3;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Validation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Analysis;

/// <summary>
/// Analyzes what a running gateway has in force, after each push and apart from it, so that no change waits for it. Says each finding once, and once more when it is
/// gone; has all that there is to say at the moment for whoever asks.
/// </summary>
public sealed partial class GatewayAnalysis : IAsyncDisposable
{
    // Changes come in bursts; and analysis takes at most a tenth of the time where they do not end.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private const int PausePerWork = 9;

    // Certificates run out without any change.
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    private readonly ObjectStore _store;
    private readonly PilotServer _pilot;
    private readonly PilotOptions _options;
    private readonly ILogger<GatewayAnalysis> _logger;
    private readonly BackgroundWork _work;
    private readonly Channel<PilotPush> _pushes = Channel.CreateBounded<PilotPush>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private volatile IReadOnlyList<Diagnostic> _found = [];
    private BackgroundLoop? _loop;
    private PilotPush? _last;

    /// <summary>An analysis that has not started.</summary>
    /// <param name="store">The objects.</param>
    /// <param name="pilot">Who brings them into force.</param>
    /// <param name="options">For which gateway.</param>
    /// <param name="logger">Where findings are written.</param>
    /// <param name="work">Where it runs.</param>
    public GatewayAnalysis(ObjectStore store, PilotServer pilot, PilotOptions options, ILogger<GatewayAnalysis> logger, BackgroundWork work)
    {
        _store = store;
        _pilot = pilot;
        _options = options;
        _logger = logger;
        _work = work;
    }

    /// <summary>All that there is to say now: of reading and validating the objects, of translating them, and of analysis.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => ConfigurationAnalysis.InOrder(
    [
        .. _store.Diagnostics.Select(ValidationMessages.Of),
        .. _pilot.Last?.Diagnostics ?? [],
        .. _found,
    ]);

    /// <summary>Begins to follow the pushes.</summary>
    public void Start()
    {
        _pilot.Pushed += OnPushed;
        if (_pilot.Last is { } last)
        {
            _pushes.Writer.TryWrite(last);
        }

        _loop = _work.Repeat("analyzing the configuration", TurnAsync);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _pilot.Pushed -= OnPushed;
        if (_loop is not null)
        {
            await _loop.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Analyzes what a push brought.</summary>
    internal void Analyze(PilotPush push)
    {
        IReadOnlyList<Diagnostic> before = _found;
        ObjectSet inForce = _store.Current;
        ObjectSet all = inForce.With(_store.Broken.Where(broken => inForce.Find(broken) is null), []);
        IReadOnlyList<Diagnostic> now = ConfigurationAnalysis.OfGateway(all, _options.Node, EndpointCounts(push), _work.Time.GetUtcNow());
        _found = now;
        foreach (Diagnostic diagnostic in now.ExceptBy(before.Select(Identity), Identity))
        {
            LogLevel level = LevelOf(diagnostic.Severity);
            LogFinding(level, diagnostic.Code, diagnostic);
        }

        foreach (Diagnostic diagnostic in before.ExceptBy(now.Select(Identity), Identity).Where(diagnostic => diagnostic.Severity > Severity.Info))
        {
            LogMended(diagnostic.Code, diagnostic);
        }
    }

    private void OnPushed(PilotPush push) => _pushes.Writer.TryWrite(push);

    private async Task TurnAsync(CancellationToken stop)
    {
        _last = await NextAsync(_last, stop).ConfigureAwait(false);
        await Task.Delay(Pause, _work.Time, stop).ConfigureAwait(false);
        _last = _pushes.Reader.TryRead(out PilotPush? newer) ? newer : _last;
        if (_last is not null)
        {
            long started = _work.Time.GetTimestamp();
            Analyze(_last);
            await Task.Delay(_work.Time.GetElapsedTime(started) * PausePerWork, _work.Time, stop).ConfigureAwait(false);
        }
    }

    // The next push; the last one again when there was none for a long time.
    private async Task<PilotPush?> NextAsync(PilotPush? last, CancellationToken stop)
    {
        using var waiting = new CancellationTokenSource(Period, _work.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, waiting.Token);
        try
        {
            return await _pushes.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return last;
        }
    }

    // Where an object stands in its file is not what makes a finding.
    private static object Identity(Diagnostic diagnostic) => (diagnostic.Code, diagnostic.Resource, diagnostic.Field, diagnostic.Message);

    private static Dictionary<ClusterName, int> EndpointCounts(PilotPush push)
    {
        Dictionary<ClusterName, int> counts = [];
        foreach (ClusterLoadAssignment assignment in push.Snapshot.Resources.Where(resource => resource.Name.TypeUrl == XdsTypes.Endpoint).Select(resource => (ClusterLoadAssignment)resource.Message))
        {
            if (ClusterName.TryParse(assignment.ClusterName, out ClusterName name))
            {
                counts[name] = assignment.Endpoints.Sum(locality => locality.LbEndpoints.Count);
            }
        }

        return counts;
    }

    private static LogLevel LevelOf(Severity severity) => severity switch
    {
        Severity.Error => LogLevel.Error,
        Severity.Warning => LogLevel.Warning,
        _ => LogLevel.Information,
    };

    [LoggerMessage(Message = "{Code}: {Diagnostic}")]
    private partial void LogFinding(LogLevel level, string code, Diagnostic diagnostic);

    [LoggerMessage(Level = LogLevel.Information, Message = "mended: {Code}: {Diagnostic}")]
    private partial void LogMended(string code, Diagnostic diagnostic);
}
