using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Yaml;

namespace Tidegate.Pilot.Sources.Kubernetes;

/// <summary>
/// Follows one collection of an API server: lists it once, and watches it from there on. A watch that ends, stalls or breaks is begun again where it was; only where the
/// server has forgotten that place is everything listed again, and then only what is another version is read. Nothing that a server does takes away what is known.
/// </summary>
internal sealed partial class CollectionWatch
{
    private const int PageObjects = 250;

    // Go's clients: a watch is asked for a time between these, so that not all end at once.
    private const int LeastWatchSeconds = 300;
    private const int MostWatchSeconds = 600;

    // Bookmarks come about each minute.
    private static readonly TimeSpan MostSilence = TimeSpan.FromSeconds(150);

    // A kind that the server does not have may be installed at any time.
    private static readonly TimeSpan AbsentPause = TimeSpan.FromSeconds(15);

    private static readonly BackOff Pauses = new(FirstMs: 800);

    private readonly ClusterCollection _collection;
    private readonly IClusterApi _api;
    private readonly ClusterAnswers _answers;
    private readonly BackgroundWork _work;
    private readonly ILogger _logger;
    private readonly IClusterSink _sink;
    private readonly long _maxBytes;

    // The version of each object, by its name.
    private Dictionary<ObjectName, string> _known = [];
    private string? _apiVersion;

    // What everything is known up to; null: it has to be listed.
    private string? _version;
    private int _failures;
    private string? _told;

    /// <summary>One that has not begun.</summary>
    public CollectionWatch(ClusterCollection collection, IClusterApi api, IClusterSink sink, long maxBytes, ILogger logger, BackgroundWork work)
    {
        _collection = collection;
        _api = api;
        _sink = sink;
        _maxBytes = maxBytes;
        _logger = logger;
        _work = work;
        _answers = new ClusterAnswers(api, work, maxBytes);
    }

    /// <summary>One turn: a list, or a watch to its end. A failure is told once, and waited after.</summary>
    public async Task TurnAsync(CancellationToken stopping)
    {
        try
        {
            long started = _work.Time.GetTimestamp();
            if (_version is null)
            {
                await ListAsync(stopping).ConfigureAwait(false);
                Recovered();
                return; // failures go on to count: what has to be listed again and again is one
            }

            await WatchAsync(stopping).ConfigureAwait(false);
            Recovered();
            _failures = 0;
            if (_work.Time.GetElapsedTime(started) < Pauses.After(1))
            {
                await PauseAsync(stopping).ConfigureAwait(false); // a server that ends all at once
            }
        }
        catch (Exception exception) when (exception is ClusterFailure or HttpRequestException or IOException
            || (exception is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            var failure = exception as ClusterFailure;
            if (failure?.Status is HttpStatusCode.Gone or HttpStatusCode.NotFound)
            {
                (_version, _apiVersion) = (null, null);
            }

            Tell(exception.Message);
            await PauseAsync(stopping, failure?.RetryAfter).ConfigureAwait(false);
        }
    }

    private async Task ListAsync(CancellationToken stopping)
    {
        // 1. In which version.
        _apiVersion ??= await ServedVersion.FindAsync(_answers, _collection, stopping).ConfigureAwait(false);
        if (_apiVersion is null)
        {
            Replace([], new Dictionary<ObjectName, Manifest>());
            await Task.Delay(AbsentPause, _work.Time, stopping).ConfigureAwait(false);
            return;
        }

        // 2. Page by page.
        Dictionary<ObjectName, string> versions = [];
        Dictionary<ObjectName, Manifest> read = [];
        string version;
        string next = string.Empty;
        do
        {
            string query = $"?limit={PageObjects}{(_collection.Selector.Length == 0 ? string.Empty : "&" + _collection.Selector)}{(next.Length == 0 ? string.Empty : "&continue=" + Uri.EscapeDataString(next))}";
            using JsonDocument page = await _answers.GetAsync(_collection.PathIn(_apiVersion) + query, stopping).ConfigureAwait(false);
            version = ReadPage(page.RootElement, versions, read);
            next = ClusterAnswers.Text(page.RootElement, "metadata", "continue");
        }
        while (next.Length > 0);

        // 3. What is there now, and nothing else.
        Replace(versions, read);
        _version = version;
    }

    private string ReadPage(JsonElement list, Dictionary<ObjectName, string> versions, Dictionary<ObjectName, Manifest> read)
    {
        string version = ClusterAnswers.Text(list, "metadata", "resourceVersion");
        if (ClusterAnswers.Text(list, "kind") != _collection.Kind.Kind + "List" || version.Length == 0
            || !list.TryGetProperty("items", out JsonElement items) || items.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
        {
            throw new ClusterFailure($"what comes is no list of {_collection.Name}");
        }

        foreach (JsonElement item in items.ValueKind == JsonValueKind.Null ? default : items.EnumerateArray())
        {
            (ObjectName name, string itemVersion) = Identify(item);
            versions[name] = itemVersion;
            if (!_known.TryGetValue(name, out string? known) || known != itemVersion)
            {
                read[name] = Understand(item);
            }
        }

        return version;
    }

    private void Replace(Dictionary<ObjectName, string> versions, Dictionary<ObjectName, Manifest> read)
    {
        _known = versions;
        _sink.Listed(_collection, versions.Keys, read);
    }

    private async Task WatchAsync(CancellationToken stopping)
    {
        int seconds = Random.Shared.Next(LeastWatchSeconds, MostWatchSeconds);
        string path = $"{_collection.PathIn(_apiVersion!)}?watch=true&allowWatchBookmarks=true&timeoutSeconds={seconds}&resourceVersion={Uri.EscapeDataString(_version!)}"
            + (_collection.Selector.Length == 0 ? string.Empty : "&" + _collection.Selector);
        using var limit = new CancellationTokenSource(MostSilence, _work.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, limit.Token);
        using HttpResponseMessage response = await _api.GetAsync(path, either.Token).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw await ClusterAnswers.FailureAsync(response, either.Token).ConfigureAwait(false);
        }

        await using var events = new WatchStream(await response.Content.ReadAsStreamAsync(stopping).ConfigureAwait(false), _work, _maxBytes, MostSilence);
        while (await events.NextAsync(stopping).ConfigureAwait(false) is { } some)
        {
            if (!Take(some))
            {
                _version = null;
                return;
            }
        }
    }

    // False: the server has forgotten where the watch was, so that everything has to be listed.
    private bool Take(IReadOnlyList<JsonDocument> events)
    {
        Dictionary<ObjectName, Manifest> read = [];
        HashSet<ObjectName> gone = [];
        try
        {
            foreach (JsonDocument document in events)
            {
                using (document)
                {
                    string type = ClusterAnswers.Text(document.RootElement, "type");
                    if (!document.RootElement.TryGetProperty("object", out JsonElement item))
                    {
                        throw new ClusterFailure("an event has no object");
                    }

                    if (type == "ERROR")
                    {
                        return IsExpired(item) ? false : throw new ClusterFailure($"the watch ends with {ClusterAnswers.Text(item, "message")}");
                    }

                    Take(type, item, read, gone);
                }
            }
        }
        finally
        {
            if (read.Count + gone.Count > 0)
            {
                _sink.Changed(_collection, read, gone);
            }
        }

        return true;
    }

    private void Take(string type, JsonElement item, Dictionary<ObjectName, Manifest> read, HashSet<ObjectName> gone)
    {
        string version = ClusterAnswers.Text(item, "metadata", "resourceVersion");
        if (version.Length == 0)
        {
            throw new ClusterFailure($"an event {type} has no resourceVersion");
        }

        if (!IsAfter(version, _version!))
        {
            return; // told again
        }

        switch (type)
        {
            case "BOOKMARK":
                break;
            case "ADDED" or "MODIFIED":
                (ObjectName name, _) = Identify(item);
                _known[name] = version;
                gone.Remove(name);
                read[name] = Understand(item);
                break;
            case "DELETED":
                (ObjectName deleted, _) = Identify(item);
                _known.Remove(deleted);
                read.Remove(deleted);
                gone.Add(deleted);
                break;
            default:
                throw new ClusterFailure($"there is no event \"{type}\"");
        }

        _version = version;
    }

    private static (ObjectName Name, string Version) Identify(JsonElement item)
    {
        string name = ClusterAnswers.Text(item, "metadata", "name");
        return name.Length == 0
            ? throw new ClusterFailure("an object has no name")
            : (new ObjectName(ClusterAnswers.Text(item, "metadata", "namespace"), name), ClusterAnswers.Text(item, "metadata", "resourceVersion"));
    }

    private static bool IsExpired(JsonElement status) =>
        (status.TryGetProperty("code", out JsonElement code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out int number) && number == (int)HttpStatusCode.Gone)
        || ClusterAnswers.Text(status, "reason") == "Expired";

    // Versions of one collection are numbers that grow; where they are something else, all that can be told is whether they differ.
    private static bool IsAfter(string version, string other) =>
        ulong.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && ulong.TryParse(other, NumberStyles.None, CultureInfo.InvariantCulture, out ulong last)
            ? number > last
            : version != other;

    // A bug in the reader costs the object that it was found with.
    private Manifest Understand(JsonElement item)
    {
        try
        {
            return _sink.Read(JsonYaml.Read(item, _apiVersion!, _collection.Kind.Kind));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            (ObjectName name, _) = Identify(item);
            _work.Report($"reading {_collection.Name} {name}", exception);
            return Manifest.Unreadable(ClusterSource.Place, $"{_collection.Name} {name} cannot be understood ({exception.Message}), which is a fault of the gateway's");
        }
    }

    private void Tell(string reason)
    {
        _failures++;
        if (reason != _told)
        {
            _told = reason;
            LogFailure(_logger, _collection.Name, reason);
        }
    }

    private void Recovered()
    {
        if (_told is not null)
        {
            _told = null;
            LogRecovered(_logger, _collection.Name);
        }
    }

    // Servers restart, and then everybody asks at once.
    private Task PauseAsync(CancellationToken stopping, TimeSpan? asked = null)
    {
        TimeSpan pause = asked ?? Pauses.After(Math.Max(1, _failures));
        return Task.Delay(pause * (0.75 + (Random.Shared.NextDouble() / 2)), _work.Time, stopping);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the API server's {Collection}: {Reason}; what is known stays in force")]
    private static partial void LogFailure(ILogger logger, string collection, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "the API server's {Collection} are followed again")]
    private static partial void LogRecovered(ILogger logger, string collection);
}

/// <summary>What tells an object of a collection from the others.</summary>
/// <param name="Namespace">Its namespace; empty for an object that has none.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct ObjectName(string Namespace, string Name)
{
    /// <summary><c>namespace/name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}

/// <summary>Takes what is seen of collections.</summary>
internal interface IClusterSink
{
    /// <summary>Reads an object.</summary>
    Manifest Read(YamlMapping root);

    /// <summary>A collection has exactly these objects; those that are not among the read ones are as they were.</summary>
    void Listed(ClusterCollection collection, IReadOnlyCollection<ObjectName> all, IReadOnlyDictionary<ObjectName, Manifest> read);

    /// <summary>Objects of a collection are new, other, or gone.</summary>
    void Changed(ClusterCollection collection, IReadOnlyDictionary<ObjectName, Manifest> read, IReadOnlyCollection<ObjectName> gone);
}
