using Microsoft.Extensions.Logging;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// The objects of all sources, each in its last good version. A source gives them in units, such as files, whose names no other source has. An object that
/// cannot be taken is reported, and what was in force before stays in force; where nothing was, one that keeps requests out is in force as
/// refused (<see cref="IGuard"/>). It holds up nothing else. Updates come one after the other.
/// </summary>
/// <param name="logger">Takes the diagnostics.</param>
/// <param name="time">The clock.</param>
/// <param name="lastGood">Remembers last good versions beyond the life of the process; null forgets them.</param>
public sealed partial class ObjectStore(ILogger<ObjectStore> logger, TimeProvider time, LastGoodObjects? lastGood = null)
{
    private readonly Lock _lock = new();
    private readonly List<ObjectFeed> _feeds = [];
    private readonly Dictionary<string, UnitObjects> _units = [];

    // An object of each key that may be another now, for the next change to be told of.
    private Dictionary<ResourceKey, Resource> _touched = [];

    // The unit that has an object, or a sorted set of several units.
    private readonly Dictionary<ResourceKey, object> _holders = [];
    private readonly HashSet<string> _reportedConflicts = [];

    /// <summary>Raised after <see cref="Current"/> has changed, on the thread that brought the change. Never before all sources are synchronized.</summary>
    public event Action<ObjectSetChange>? Changed;

    /// <summary>The objects in force.</summary>
    public ObjectSet Current { get; private set; } = ObjectSet.Empty;

    /// <summary>Whether each source has told all that it had in the beginning.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>What is to be said about the objects as they are written now.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics
    {
        get
        {
            lock (_lock)
            {
                return
                [
                    .. _units.Where(pair => pair.Value.Diagnostics.Count > 0)
                        .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                        .SelectMany(pair => pair.Value.Diagnostics),
                ];
            }
        }
    }

    /// <summary>What of the objects that are refused now could be read, for analysis alone: whoever names one of them names something that is there.</summary>
    internal IReadOnlyList<Resource> Broken
    {
        get
        {
            lock (_lock)
            {
                return [.. _units.Values.SelectMany(unit => unit.Broken)];
            }
        }
    }

    /// <summary>The way in for one more source. Nothing is in force before all that have joined are synchronized; who joins after that holds up nothing.</summary>
    public ObjectFeed Join()
    {
        lock (_lock)
        {
            var feed = new ObjectFeed(this);
            _feeds.Add(feed);
            return feed;
        }
    }

    /// <summary>Takes in what the source of a feed has seen.</summary>
    internal void Update(ObjectFeed feed, IReadOnlyDictionary<string, Manifest> read, IReadOnlyCollection<string> gone)
    {
        ObjectSetChange? change;
        lock (_lock)
        {
            foreach (string unit in gone)
            {
                Put(unit, null);
                lastGood?.Write(unit, []);
            }

            foreach ((string unit, Manifest manifest) in read)
            {
                UnitObjects? before = _units.GetValueOrDefault(unit);
                UnitObjects merged = Merge(before ?? Remembered(unit, manifest), manifest);
                if (lastGood is not null && (before is null || !before.Kept.SequenceEqual(merged.Kept)))
                {
                    lastGood.Write(unit, merged.Kept);
                }

                Put(unit, merged);
                merged.Diagnostics.ToList().ForEach(Log);
            }

            feed.IsSynchronized = true;
            change = IsLoaded || _feeds.TrueForAll(static each => each.IsSynchronized) ? Publish() : null;
        }

        if (change is not null)
        {
            Changed?.Invoke(change);
        }
    }

    // What was in force before the process began, if that is needed now.
    private UnitObjects? Remembered(string unit, Manifest manifest)
    {
        if (lastGood is null || (manifest.Refused.Count == 0 && !manifest.HasUnreadableDocument))
        {
            return null;
        }

        IReadOnlyList<Resource> remembered = lastGood.Read(unit);
        foreach (Resource resource in remembered)
        {
            LogRemembered(logger, resource, resource.Origin.File);
        }

        return new UnitObjects([.. remembered.DistinctBy(resource => resource.Key)], [], []);
    }

    // What a unit stands for from now on: what is good in it, and the last good version of what is not.
    private static UnitObjects Merge(UnitObjects? before, Manifest manifest)
    {
        Dictionary<ResourceKey, Resource> objects = [];
        List<Diagnostic> diagnostics = [.. manifest.Diagnostics];
        List<Resource> kept = [];
        foreach (Resource resource in manifest.Resources)
        {
            if (objects.ContainsKey(resource.Key))
            {
                diagnostics.Add(Diagnostic.About(Severity.Warning, "duplicate-object", resource, string.Empty, "is there twice in this file; the first one is taken"));
            }
            else
            {
                objects.Add(resource.Key, Unchanged(before, resource) ?? resource);
            }
        }

        if (before is not null)
        {
            foreach (Resource last in before.Objects)
            {
                ResourceKey key = last.Key;
                if (last is not IGuard { IsRefused: true } && !objects.ContainsKey(key) && (manifest.HasUnreadableDocument || manifest.Refused.Contains(key)))
                {
                    objects.Add(key, last);
                    kept.Add(last);
                }
            }
        }

        foreach (Resource refused in manifest.Broken)
        {
            if (refused is IGuard && objects.TryAdd(refused.Key, Unchanged(before, refused) ?? refused))
            {
                diagnostics.Add(Diagnostic.About(
                    Severity.Error, "refused-closed", refused, string.Empty, "is refused, and no good version of it is known: what it is about is refused until it is mended"));
            }
        }

        return new UnitObjects([.. objects.Values], [.. kept], [.. diagnostics]) { Broken = manifest.Broken };
    }

    private static Resource? Unchanged(UnitObjects? before, Resource resource)
    {
        if (before is not null
            && before.Find(resource.Key) is { } known
            && known.Origin is YamlOrigin was
            && resource.Origin is YamlOrigin now
            && was.SaysTheSameAs(now))
        {
            was.MoveTo(now);
            return known;
        }

        return null;
    }

    // A unit holds other objects now; null when it is gone.
    private void Put(string unit, UnitObjects? objects)
    {
        if (_units.Remove(unit, out UnitObjects? before))
        {
            foreach (Resource resource in before.Objects)
            {
                _touched[resource.Key] = resource;
                if (objects?.Find(resource.Key) is null)
                {
                    Release(resource.Key, unit);
                }
            }
        }

        if (objects is null)
        {
            return;
        }

        _units.Add(unit, objects);
        foreach (Resource resource in objects.Objects)
        {
            _touched[resource.Key] = resource;
            if (before?.Find(resource.Key) is null)
            {
                Hold(resource.Key, unit);
            }
        }
    }

    private void Hold(ResourceKey key, string unit)
    {
        switch (_holders.GetValueOrDefault(key))
        {
            case null:
                _holders.Add(key, unit);
                break;
            case SortedSet<string> units:
                units.Add(unit);
                break;
            case var other:
                _holders[key] = new SortedSet<string>(StringComparer.Ordinal) { (string)other, unit };
                break;
        }
    }

    private void Release(ResourceKey key, string unit)
    {
        if (_holders.GetValueOrDefault(key) is not SortedSet<string> units)
        {
            _holders.Remove(key);
        }
        else
        {
            units.Remove(unit);
            if (units.Count == 1)
            {
                _holders[key] = units.Min!;
            }
        }
    }

    // Of two units with the same object the first by name has it, so that the result is the same after a restart.
    private Resource? Held(ResourceKey key)
    {
        switch (_holders.GetValueOrDefault(key))
        {
            case null:
                return null;
            case SortedSet<string> units:
                Resource taken = _units[units.Min!].Find(key)!;
                foreach (string unit in units.Skip(1))
                {
                    ReportConflict(taken, _units[unit].Find(key)!);
                }

                return taken;
            case var unit:
                return _units[(string)unit].Find(key);
        }
    }

    private ObjectSetChange? Publish()
    {
        List<Resource> changed = [];
        List<Resource> removed = [];
        foreach ((ResourceKey key, Resource sample) in _touched)
        {
            Resource? known = Current.Find(sample);
            Resource? held = Held(key);
            if (held is null)
            {
                if (known is not null)
                {
                    removed.Add(known);
                }
            }
            else if (!ReferenceEquals(known, held))
            {
                changed.Add(held);
            }
        }

        _touched = [];
        bool isFirst = !IsLoaded;
        IsLoaded = true;
        if (changed.Count == 0 && removed.Count == 0 && !isFirst)
        {
            return null;
        }

        ObjectSet before = Current;
        Current = before.With(changed, removed);
        return new ObjectSetChange(before, Current, changed.Concat(removed).Select(resource => resource.Key).ToHashSet(), time.GetTimestamp());
    }

    private void ReportConflict(Resource taken, Resource other)
    {
        if (_reportedConflicts.Add($"{taken.Origin.File}|{other.Origin.File}|{other.Key}"))
        {
            Log(Diagnostic.About(Severity.Warning, "duplicate-object", other, string.Empty, $"is also in {taken.Origin}, which is taken; remove one of the two"));
        }
    }

    private void Log(Diagnostic diagnostic)
    {
        switch (diagnostic.Severity)
        {
            case Severity.Error:
                LogError(logger, diagnostic);
                break;
            case Severity.Warning:
                LogWarning(logger, diagnostic);
                break;
            default:
                LogInfo(logger, diagnostic);
                break;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Diagnostic}")]
    private static partial void LogError(ILogger logger, Diagnostic diagnostic);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Diagnostic}")]
    private static partial void LogWarning(ILogger logger, Diagnostic diagnostic);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Diagnostic}")]
    private static partial void LogInfo(ILogger logger, Diagnostic diagnostic);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Resource}: its last good version from before this start is in force ({Path})")]
    private static partial void LogRemembered(ILogger logger, Resource resource, string path);

    // Kept are those of the objects that are in force although the unit does not say them now.
    private sealed class UnitObjects(Resource[] objects, IReadOnlyList<Resource> kept, IReadOnlyList<Diagnostic> diagnostics)
    {
        // Most units hold one object, and there are thousands of them.
        private readonly Dictionary<ResourceKey, Resource>? _byKey = objects.Length > 4 ? objects.ToDictionary(resource => resource.Key) : null;

        public Resource[] Objects { get; } = objects;

        public IReadOnlyList<Resource> Kept { get; } = kept;

        public IReadOnlyList<Diagnostic> Diagnostics { get; } = diagnostics;

        public IReadOnlyList<Resource> Broken { get; init; } = [];

        public Resource? Find(ResourceKey key) =>
            _byKey is not null ? _byKey.GetValueOrDefault(key) : Array.Find(Objects, resource => resource.Key == key);
    }
}
