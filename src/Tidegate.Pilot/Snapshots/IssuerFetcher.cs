using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;

namespace Tidegate.Pilot.Snapshots;

/// <summary>Documents of one kind that issuers publish.</summary>
/// <param name="Name">What one of them is, for messages.</param>
/// <param name="AddressOf">Where it is asked for, for messages.</param>
/// <param name="FetchAsync">Fetches one; null, and what is wrong, when it cannot be had.</param>
/// <param name="WithoutIt">What happens where there never was one, for messages.</param>
internal sealed record IssuerDocument<TSource, TDocument>(
    string Name, Func<TSource, string> AddressOf, Func<TSource, CancellationToken, Task<(TDocument? Document, string Problem)>> FetchAsync, string WithoutIt)
    where TDocument : class;

/// <summary>
/// Fetches what issuers publish, beside everything else: each for itself, so that one that is dead or slow holds up nobody else's. The last good document stays while a
/// newer one cannot be had. Safe to be asked from the control plane's task while it fetches.
/// </summary>
internal sealed partial class IssuerFetcher<TSource, TDocument> : IAsyncDisposable
    where TSource : IEquatable<TSource>
    where TDocument : class, IEquatable<TDocument>
{
    private readonly BackgroundWork _work;
    private readonly ILogger _logger;
    private readonly PilotOptions _options;
    private readonly IssuerDocument<TSource, TDocument> _kind;
    private readonly Action _changed;
    private readonly Dictionary<TSource, Fetching> _fetching = [];
    private ImmutableDictionary<TSource, TDocument> _known = ImmutableDictionary<TSource, TDocument>.Empty;

    /// <param name="kind">What is fetched.</param>
    /// <param name="work">Runs it.</param>
    /// <param name="options">How long what may take.</param>
    /// <param name="logger">Is told what could not be had.</param>
    /// <param name="changed">Is called when a document has come or has changed.</param>
    public IssuerFetcher(IssuerDocument<TSource, TDocument> kind, BackgroundWork work, PilotOptions options, ILogger logger, Action changed)
    {
        _kind = kind;
        _work = work;
        _logger = logger;
        _options = options;
        _changed = changed;
    }

    /// <summary>The documents that are known. Another object when anything of it has changed, and only then.</summary>
    public IReadOnlyDictionary<TSource, TDocument> Known => Volatile.Read(ref _known);

    /// <summary>Fetches these from now on, and no others. Done when each of those that are new has been tried once; at the latest after some time.</summary>
    public async Task WantAsync(IReadOnlyList<TSource> sources)
    {
        HashSet<TSource> wanted = [.. sources];
        foreach (TSource source in _fetching.Keys.Where(source => !wanted.Contains(source)).ToArray())
        {
            _fetching.Remove(source, out Fetching? ended);
            ended!.Loop!.Stop();
            ImmutableInterlocked.TryRemove(ref _known, source, out _);
        }

        List<Task> tried = [];
        foreach (TSource source in wanted.Where(source => !_fetching.ContainsKey(source)))
        {
            var fetching = new Fetching();
            _fetching.Add(source, fetching);
            fetching.Loop = _work.Repeat($"fetching the {_kind.Name} of {NameOf(source)}", stopping => TurnAsync(source, fetching, stopping));
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
    }

    private async Task TurnAsync(TSource source, Fetching fetching, CancellationToken stopping)
    {
        try
        {
            (TDocument? document, string problem) = await _kind.FetchAsync(source, stopping).ConfigureAwait(false);
            stopping.ThrowIfCancellationRequested();
            if (document is not null)
            {
                Take(source, fetching, document);
            }
            else
            {
                fetching.Failures++;
                string name = NameOf(source);
                LogNotFetched(name, _kind.Name, problem, _known.ContainsKey(source) ? "the last good one stays" : _kind.WithoutIt);
            }
        }
        finally
        {
            fetching.Tried.TrySetResult();
        }

        TimeSpan pause = fetching.Failures == 0 ? _options.KeySetRefresh : Min(_options.KeySetRetry * Math.Pow(2, Math.Min(fetching.Failures - 1, 16)), _options.KeySetRefresh);
        await Task.Delay(pause, _work.Time, stopping).ConfigureAwait(false);
    }

    private void Take(TSource source, Fetching fetching, TDocument document)
    {
        bool isNew = !_known.TryGetValue(source, out TDocument? before);
        if (isNew || fetching.Failures > 0)
        {
            string name = NameOf(source);
            LogFetched(name, _kind.Name);
        }

        fetching.Failures = 0;
        if (!document.Equals(before))
        {
            ImmutableInterlocked.AddOrUpdate(ref _known, source, document, (_, _) => document);
            _changed();
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    // Without what may be a secret.
    private string NameOf(TSource source)
    {
        string address = _kind.AddressOf(source);
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : address;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Issuer}: the {Document} is there")]
    private partial void LogFetched(string issuer, string document);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Issuer}: the {Document} could not be had: {Problem}; {Effect}")]
    private partial void LogNotFetched(string issuer, string document, string problem, string effect);

    private sealed class Fetching
    {
        public BackgroundLoop? Loop { get; set; }

        public TaskCompletionSource Tried { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Failures { get; set; }
    }
}
