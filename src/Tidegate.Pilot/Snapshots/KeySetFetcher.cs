using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Translation;

namespace Tidegate.Pilot.Snapshots;

/// <summary>
/// Fetches the key sets that issuers publish, beside everything else: each for itself, so that one that is dead or slow holds up nobody else's. The last good set
/// stays while a newer one cannot be had. Safe to be asked from the control plane's task while it fetches.
/// </summary>
internal sealed partial class KeySetFetcher : IAsyncDisposable
{
    private readonly BackgroundWork _work;
    private readonly ILogger _logger;
    private readonly PilotOptions _options;
    private readonly Action _changed;
    private readonly KeySetClient _client;
    private readonly Dictionary<KeySetSource, Fetching> _fetching = [];
    private ImmutableDictionary<KeySetSource, string> _known = ImmutableDictionary<KeySetSource, string>.Empty;

    /// <param name="work">Runs it.</param>
    /// <param name="options">How long what may take.</param>
    /// <param name="logger">Is told what could not be had.</param>
    /// <param name="changed">Is called when a set has come or has changed.</param>
    public KeySetFetcher(BackgroundWork work, PilotOptions options, ILogger logger, Action changed)
    {
        _work = work;
        _logger = logger;
        _options = options;
        _changed = changed;
        _client = new KeySetClient(options.MaxKeySetBytes);
    }

    /// <summary>The sets that are known. Another object when anything of it has changed, and only then.</summary>
    public IReadOnlyDictionary<KeySetSource, string> Known => Volatile.Read(ref _known);

    /// <summary>Fetches these from now on, and no others. Done when each of those that are new has been tried once; at the latest after some time.</summary>
    public async Task WantAsync(IReadOnlyList<KeySetSource> sources)
    {
        HashSet<KeySetSource> wanted = [.. sources];
        foreach (KeySetSource source in _fetching.Keys.Where(source => !wanted.Contains(source)).ToArray())
        {
            _fetching.Remove(source, out Fetching? ended);
            ended!.Loop!.Stop();
            ImmutableInterlocked.TryRemove(ref _known, source, out _);
        }

        List<Task> tried = [];
        foreach (KeySetSource source in wanted.Where(source => !_fetching.ContainsKey(source)))
        {
            var fetching = new Fetching();
            _fetching.Add(source, fetching);
            fetching.Loop = _work.Repeat($"fetching the key set of {NameOf(source)}", stopping => TurnAsync(source, fetching, stopping));
            tried.Add(fetching.Tried.Task);
        }

        if (tried.Count > 0)
        {
            await Task.WhenAny(Task.WhenAll(tried), Task.Delay(_options.KeySetPatience, _work.Time)).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Fetching fetching in _fetching.Values)
        {
            await fetching.Loop!.DisposeAsync().ConfigureAwait(false);
        }

        _client.Dispose();
    }

    private async Task TurnAsync(KeySetSource source, Fetching fetching, CancellationToken stopping)
    {
        try
        {
            (string? set, string problem) = await _client.FetchAsync(source, stopping).ConfigureAwait(false);
            stopping.ThrowIfCancellationRequested();
            if (set is not null)
            {
                Take(source, fetching, set);
            }
            else
            {
                fetching.Failures++;
                string name = NameOf(source);
                LogNotFetched(name, problem, _known.ContainsKey(source) ? "the last good set stays" : "its tokens are refused");
            }
        }
        finally
        {
            fetching.Tried.TrySetResult();
        }

        TimeSpan pause = fetching.Failures == 0 ? _options.KeySetRefresh : Min(_options.KeySetRetry * Math.Pow(2, Math.Min(fetching.Failures - 1, 16)), _options.KeySetRefresh);
        await Task.Delay(pause, _work.Time, stopping).ConfigureAwait(false);
    }

    private void Take(KeySetSource source, Fetching fetching, string set)
    {
        bool isNew = !_known.TryGetValue(source, out string? before);
        if (isNew || fetching.Failures > 0)
        {
            string name = NameOf(source);
            LogFetched(name);
        }

        fetching.Failures = 0;
        if (before != set)
        {
            ImmutableInterlocked.AddOrUpdate(ref _known, source, set, (_, _) => set);
            _changed();
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    // Without what may be a secret.
    private static string NameOf(KeySetSource source) =>
        Uri.TryCreate(source.Uri, UriKind.Absolute, out Uri? uri) ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : source.Uri;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Issuer}: the key set is there")]
    private partial void LogFetched(string issuer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Issuer}: the key set could not be had: {Problem}; {Effect}")]
    private partial void LogNotFetched(string issuer, string problem, string effect);

    private sealed class Fetching
    {
        public BackgroundLoop? Loop { get; set; }

        public TaskCompletionSource Tried { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Failures { get; set; }
    }
}
