using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>
/// Feeds the store with the objects of a cluster, each a unit of its own: <see cref="CollectionWatch"/>es bring what they see, and what came together goes on together.
/// Where the API server is away at the start, the copy of an earlier run serves until it is back.
/// </summary>
public sealed partial class ClusterSource : IAsyncDisposable
{
    /// <summary>What diagnostics name instead of a file.</summary>
    internal const string Place = "kubernetes";

    // What a client applies together comes as several events.
    private static readonly TimeSpan Debounce = TimeSpan.FromMilliseconds(4);

    private readonly ClusterSourceOptions _options;
    private readonly IClusterApi _api;
    private readonly ObjectFeed _feed;
    private readonly ManifestReader _reader;
    private readonly ILogger _logger;
    private readonly BackgroundWork _work;
    private readonly ClusterCopy? _copy;
    private readonly Lock _lock = new();
    private readonly Dictionary<ClusterCollection, Followed> _followed;
    private readonly HashSet<(ClusterCollection Collection, ObjectName Name)> _changed = [];
    private readonly SemaphoreSlim _hints = new(0);
    private readonly List<BackgroundLoop> _loops = [];
    private bool _isCopyTaken;

    /// <summary>A source that has not begun.</summary>
    /// <param name="api">The API server.</param>
    /// <param name="options">What of the cluster is read.</param>
    /// <param name="store">Takes the objects.</param>
    /// <param name="logger">Is told of what the server does wrong.</param>
    /// <param name="work">Runs it.</param>
    public ClusterSource(IClusterApi api, ClusterSourceOptions options, ObjectStore store, ILogger<ClusterSource> logger, BackgroundWork work)
    {
        _api = api;
        _options = options;
        _feed = store.Join();
        _reader = new ManifestReader(options.DefaultNamespace);
        _logger = logger;
        _work = work;
        _copy = options.CopyFolder.Length == 0 ? null : new ClusterCopy(options.CopyFolder, _reader, logger);
        _followed = ClusterCollection.All(options.SecretNamespaces, options.SecretSelector, options.RootNamespace).ToDictionary(static each => each, static _ => new Followed());
    }

    /// <summary>Begins to follow the cluster.</summary>
    public void Start()
    {
        var sink = new Sink(this);
        foreach (ClusterCollection collection in _followed.Keys)
        {
            var watch = new CollectionWatch(collection, _api, sink, _options.MaxObjectBytes, _logger, _work);
            _loops.Add(_work.Repeat($"following {collection.Name} of the cluster", watch.TurnAsync));
        }

        _loops.Add(_work.Repeat("taking over changes of the cluster", TakeAsync));
        if (_copy is not null)
        {
            _loops.Add(_work.Repeat("waiting for the API server", WaitAsync));
            _loops.Add(_work.Repeat("keeping a copy of the cluster's objects", KeepCopyAsync));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_loops.Select(static loop => loop.DisposeAsync().AsTask())).ConfigureAwait(false);
        WriteCopy();
        _api.Dispose();
    }

    // One turn: waits for changes, and takes those over that are there.
    private async Task TakeAsync(CancellationToken stopping)
    {
        await _hints.WaitAsync(stopping).ConfigureAwait(false);
        await Task.Delay(Debounce, _work.Time, stopping).ConfigureAwait(false);
        (ClusterCollection Collection, ObjectName Name)[] changed;
        Dictionary<string, Manifest> read = [];
        List<string> gone = [];
        lock (_lock)
        {
            if (!_isCopyTaken && _followed.Values.Any(static each => !each.IsListed))
            {
                return;
            }

            changed = [.. _changed];
            _changed.Clear();
            foreach ((ClusterCollection collection, ObjectName name) in changed)
            {
                string unit = $"{Place}:{collection.Name}/{name}";
                if (_followed[collection].Objects.TryGetValue(name, out Manifest? manifest))
                {
                    read.Add(unit, manifest);
                }
                else
                {
                    gone.Add(unit);
                }
            }
        }

        if (changed.Length == 0 && _feed.IsSynchronized)
        {
            return;
        }

        try
        {
            _feed.Update(read, gone);
        }
        catch
        {
            // A bug: what was not taken over is taken over with the next change.
            lock (_lock)
            {
                _changed.UnionWith(changed);
            }

            throw;
        }
    }

    // Once: gives the API server its time to answer, and then takes the copy where there is one.
    private async Task WaitAsync(CancellationToken stopping)
    {
        await Task.Delay(_options.StartTimeout, _work.Time, stopping).ConfigureAwait(false);
        List<ClusterCollection> missing;
        lock (_lock)
        {
            missing = [.. _followed.Where(static each => !each.Value.IsListed).Select(static each => each.Key)];
        }

        Dictionary<ClusterCollection, Dictionary<ObjectName, Manifest>> copies = [];
        foreach (ClusterCollection collection in missing)
        {
            if (_copy!.Read(collection) is { } copy)
            {
                copies.Add(collection, copy);
            }
        }

        if (missing.Count > 0 && copies.Count == missing.Count)
        {
            lock (_lock)
            {
                foreach ((ClusterCollection collection, Dictionary<ObjectName, Manifest> copy) in copies)
                {
                    if (!_followed[collection].IsListed)
                    {
                        Put(collection, copy.Keys, copy);
                    }
                }

                _isCopyTaken = true;
            }

            LogCopyTaken(_logger, string.Join(", ", missing.Select(static each => each.Name)));
            _hints.Release();
        }
        else if (missing.Count > 0)
        {
            LogWaiting(_logger, string.Join(", ", missing.Select(static each => each.Name)));
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, stopping).ConfigureAwait(false);
    }

    private async Task KeepCopyAsync(CancellationToken stopping)
    {
        await Task.Delay(_options.CopyInterval, _work.Time, stopping).ConfigureAwait(false);
        WriteCopy();
    }

    private void WriteCopy()
    {
        foreach ((ClusterCollection collection, Followed followed) in _followed)
        {
            Manifest[] objects;
            lock (_lock)
            {
                if (!followed.IsListed || !followed.IsOtherThanCopy)
                {
                    continue;
                }

                followed.IsOtherThanCopy = false;
                objects = [.. followed.Objects.Values];
            }

            _copy?.Write(collection, objects);
        }
    }

    // Under the lock: exactly these objects, those that were not read as they were.
    private void Put(ClusterCollection collection, IReadOnlyCollection<ObjectName> all, IReadOnlyDictionary<ObjectName, Manifest> read)
    {
        Followed followed = _followed[collection];
        var present = all as IReadOnlySet<ObjectName> ?? all.ToHashSet();
        foreach (ObjectName name in followed.Objects.Keys.Where(name => !present.Contains(name)).ToArray())
        {
            followed.Objects.Remove(name);
            _changed.Add((collection, name));
        }

        PutRead(collection, followed, read);
    }

    private void PutRead(ClusterCollection collection, Followed followed, IReadOnlyDictionary<ObjectName, Manifest> read)
    {
        foreach ((ObjectName name, Manifest manifest) in read)
        {
            followed.Objects[name] = manifest;
            _changed.Add((collection, name));
        }

        followed.IsOtherThanCopy = true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the API server has not answered: a copy of what it had before this start is in force, of {Collections}")]
    private static partial void LogCopyTaken(ILogger logger, string collections);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the API server has not answered, and there is no copy of an earlier run: nothing is served before it does; missing: {Collections}")]
    private static partial void LogWaiting(ILogger logger, string collections);

    // What is known of a collection.
    private sealed class Followed
    {
        public Dictionary<ObjectName, Manifest> Objects { get; } = [];

        public bool IsListed { get; set; }

        public bool IsOtherThanCopy { get; set; }
    }

    private sealed class Sink(ClusterSource source) : IClusterSink
    {
        public Manifest Read(YamlMapping root) => source._reader.Read(Place, root);

        public void Listed(ClusterCollection collection, IReadOnlyCollection<ObjectName> all, IReadOnlyDictionary<ObjectName, Manifest> read)
        {
            lock (source._lock)
            {
                source.Put(collection, all, read);
                source._followed[collection].IsListed = true;
            }

            source._hints.Release();
        }

        public void Changed(ClusterCollection collection, IReadOnlyDictionary<ObjectName, Manifest> read, IReadOnlyCollection<ObjectName> gone)
        {
            lock (source._lock)
            {
                Followed followed = source._followed[collection];
                foreach (ObjectName name in gone)
                {
                    followed.Objects.Remove(name);
                    source._changed.Add((collection, name));
                }

                source.PutRead(collection, followed, read);
            }

            source._hints.Release();
        }
    }
}
