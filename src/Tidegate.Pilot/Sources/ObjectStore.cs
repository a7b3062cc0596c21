using Microsoft.Extensions.Logging;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// The objects of all files, each in its last good version. An object that cannot be taken is reported, and what was in force
/// before stays in force; it holds up nothing else. Updates come one after the other.
/// </summary>
/// <param name="logger">Takes the diagnostics.</param>
/// <param name="time">The clock.</param>
/// <param name="lastGood">Remembers last good versions beyond the life of the process; null forgets them.</param>
public sealed partial class ObjectStore(ILogger<ObjectStore> logger, TimeProvider time, LastGoodObjects? lastGood = null)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, FileObjects> _files = new(StringComparer.Ordinal);
    private readonly HashSet<string> _namedKinds = [];
    private readonly HashSet<string> _reportedConflicts = [];

    /// <summary>Raised after <see cref="Current"/> has changed, on the thread that brought the change. Never before the first complete scan.</summary>
    public event Action<ObjectSetChange>? Changed;

    /// <summary>The objects in force.</summary>
    public ObjectSet Current { get; private set; } = ObjectSet.Empty;

    /// <summary>Whether a first complete scan has been taken in.</summary>
    public bool IsLoaded { get; private set; }

    /// <summary>What is to be said about the files as they are now.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics
    {
        get
        {
            lock (_lock)
            {
                return [.. _files.Values.SelectMany(file => file.Diagnostics)];
            }
        }
    }

    /// <summary>
    /// Takes in what a source has seen: files with what they hold now, and files that are gone. The first call is the first
    /// complete scan.
    /// </summary>
    internal void Update(IReadOnlyDictionary<string, Manifest> read, IReadOnlyCollection<string> gone)
    {
        ObjectSetChange? change;
        lock (_lock)
        {
            foreach (string file in gone)
            {
                _files.Remove(file);
                lastGood?.Write(file, []);
            }

            foreach ((string file, Manifest manifest) in read)
            {
                FileObjects? before = _files.GetValueOrDefault(file);
                FileObjects merged = Merge(before ?? Remembered(file, manifest), manifest);
                if (lastGood is not null && (before is null || !before.Kept.SequenceEqual(merged.Kept)))
                {
                    lastGood.Write(file, merged.Kept);
                }

                _files[file] = merged;
                Report(manifest);
            }

            change = Publish();
        }

        if (change is not null)
        {
            Changed?.Invoke(change);
        }
    }

    // What was in force before the process began, if that is needed now.
    private FileObjects? Remembered(string file, Manifest manifest)
    {
        if (lastGood is null || (manifest.Refused.Count == 0 && !manifest.HasUnreadableDocument))
        {
            return null;
        }

        IReadOnlyList<Resource> remembered = lastGood.Read(file);
        foreach (Resource resource in remembered)
        {
            LogRemembered(logger, resource, resource.Origin.File);
        }

        return new FileObjects(remembered.ToDictionary(resource => resource.Key), [], []);
    }

    // What a file stands for from now on: what is good in it, and the last good version of what is not.
    private static FileObjects Merge(FileObjects? before, Manifest manifest)
    {
        Dictionary<ResourceKey, Resource> objects = [];
        List<Diagnostic> diagnostics = [.. manifest.Diagnostics];
        List<Resource> kept = [];
        foreach (Resource resource in manifest.Resources)
        {
            if (!objects.TryAdd(resource.Key, Unchanged(before, resource) ?? resource))
            {
                diagnostics.Add(Diagnostic.About(Severity.Warning, "duplicate-object", resource, string.Empty, "is there twice in this file; the first one is taken"));
            }
        }

        if (before is not null)
        {
            foreach ((ResourceKey key, Resource last) in before.Objects)
            {
                if (!objects.ContainsKey(key) && (manifest.HasUnreadableDocument || manifest.Refused.Contains(key)))
                {
                    objects.Add(key, last);
                    kept.Add(last);
                }
            }
        }

        return new FileObjects(objects, kept, diagnostics);
    }

    private static Resource? Unchanged(FileObjects? before, Resource resource)
    {
        if (before is not null
            && before.Objects.TryGetValue(resource.Key, out Resource? known)
            && known.Origin is YamlOrigin was
            && resource.Origin is YamlOrigin now
            && was.SaysTheSameAs(now))
        {
            was.MoveTo(now);
            return known;
        }

        return null;
    }

    private ObjectSetChange? Publish()
    {
        // Of two files with the same object the first by name has it, so that the result is the same after a restart.
        Dictionary<ResourceKey, Resource> all = [];
        foreach (FileObjects file in _files.Values)
        {
            foreach ((ResourceKey key, Resource resource) in file.Objects)
            {
                if (!all.TryAdd(key, resource))
                {
                    ReportConflict(all[key], resource);
                }
            }
        }

        List<Resource> changed = [];
        List<Resource> removed = [];
        foreach (Resource known in Current.Everything())
        {
            if (!all.ContainsKey(known.Key))
            {
                removed.Add(known);
            }
        }

        foreach (Resource resource in all.Values)
        {
            if (!ReferenceEquals(Current.Find(resource), resource))
            {
                changed.Add(resource);
            }
        }

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

    private void Report(Manifest manifest)
    {
        foreach (Diagnostic diagnostic in manifest.Diagnostics)
        {
            Log(diagnostic);
        }

        foreach (string kind in manifest.OtherKinds)
        {
            if (_namedKinds.Add(kind))
            {
                LogOtherKind(logger, kind);
            }
        }
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

    [LoggerMessage(Level = LogLevel.Information, Message = "{Kind}: the gateway does not need objects of this kind; they are accepted and have no effect")]
    private static partial void LogOtherKind(ILogger logger, string kind);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Resource}: its last good version from before this start is in force ({Path})")]
    private static partial void LogRemembered(ILogger logger, Resource resource, string path);

    // Kept are those of the objects that are in force although the file does not say them now.
    private sealed record FileObjects(IReadOnlyDictionary<ResourceKey, Resource> Objects, IReadOnlyList<Resource> Kept, IReadOnlyList<Diagnostic> Diagnostics);
}
