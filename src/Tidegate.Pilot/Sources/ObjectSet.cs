using System.Collections.Immutable;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Sources;

/// <summary>
/// All valid objects at one moment. Immutable; two sets share what did not change between them, and an object that did not
/// change is the same reference in both.
/// </summary>
public sealed class ObjectSet
{
    private const int MostTouched = 64;

    private readonly ImmutableDictionary<Type, ImmutableDictionary<ResourceKey, Resource>> _byType;

    // Which set this one was made of, by a mark: the set itself would never be freed; and what was put in or taken out, unless it is much.
    private readonly object _mark = new();
    private readonly object? _madeFrom;
    private readonly Resource[] _touched = [];

    private ObjectSet(ImmutableDictionary<Type, ImmutableDictionary<ResourceKey, Resource>> byType) => _byType = byType;

    private ObjectSet(ImmutableDictionary<Type, ImmutableDictionary<ResourceKey, Resource>> byType, object madeFrom, Resource[] touched)
        : this(byType) => (_madeFrom, _touched) = (madeFrom, touched);

    /// <summary>A set without objects.</summary>
    public static ObjectSet Empty { get; } = new(ImmutableDictionary<Type, ImmutableDictionary<ResourceKey, Resource>>.Empty);

    /// <summary>How many objects there are.</summary>
    public int Count => _byType.Values.Sum(objects => objects.Count);

    /// <summary>A set of these objects; of several with the same key the last one.</summary>
    public static ObjectSet Of(IEnumerable<Resource> resources) => Empty.With(resources, []);

    /// <summary>All objects of a kind, in no particular order.</summary>
    public IEnumerable<T> All<T>()
        where T : Resource => _byType.TryGetValue(typeof(T), out ImmutableDictionary<ResourceKey, Resource>? objects) ? objects.Values.Cast<T>() : [];

    /// <summary>The object of a kind with that namespace and name; null when there is none.</summary>
    internal T? Find<T>(string nameSpace, string name)
        where T : Resource, IHasApiKind =>
        _byType.TryGetValue(typeof(T), out ImmutableDictionary<ResourceKey, Resource>? objects)
        && objects.TryGetValue(new ResourceKey(T.KindOfType, nameSpace, name), out Resource? resource)
            ? (T)resource
            : null;

    /// <summary>All objects of all kinds.</summary>
    internal IEnumerable<Resource> Everything() => _byType.Values.SelectMany(objects => objects.Values);

    /// <summary>The object with the same key; null when there is none.</summary>
    internal Resource? Find(Resource resource) => _byType.GetValueOrDefault(resource.GetType())?.GetValueOrDefault(resource.Key);

    /// <summary>
    /// When this set was made of that one by changing a little: an object of each key that was touched, in either version, some maybe twice. Null:
    /// anything may be different.
    /// </summary>
    internal IReadOnlyList<Resource>? TouchedSince(ObjectSet earlier) => ReferenceEquals(_madeFrom, earlier._mark) ? _touched : null;

    /// <summary>Whether both sets have the very same objects of a kind.</summary>
    public bool HasSame<T>(ObjectSet other)
        where T : Resource => ReferenceEquals(_byType.GetValueOrDefault(typeof(T)), other._byType.GetValueOrDefault(typeof(T)));

    /// <summary>The same set with some objects put in or replaced, and others taken out.</summary>
    public ObjectSet With(IEnumerable<Resource> changed, IEnumerable<Resource> removed)
    {
        Dictionary<Type, ImmutableDictionary<ResourceKey, Resource>.Builder> builders = [];
        List<Resource> touched = [];
        foreach (Resource resource in removed)
        {
            touched.Add(resource);
            BuilderOf(resource).Remove(resource.Key);
        }

        foreach (Resource resource in changed)
        {
            touched.Add(resource);
            BuilderOf(resource)[resource.Key] = resource;
        }

        var byType = _byType.SetItems(builders.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToImmutable())));
        return touched.Count <= MostTouched ? new ObjectSet(byType, _mark, [.. touched]) : new ObjectSet(byType);

        ImmutableDictionary<ResourceKey, Resource>.Builder BuilderOf(Resource resource)
        {
            Type type = resource.GetType();
            if (!builders.TryGetValue(type, out ImmutableDictionary<ResourceKey, Resource>.Builder? builder))
            {
                builder = (_byType.GetValueOrDefault(type) ?? ImmutableDictionary<ResourceKey, Resource>.Empty).ToBuilder();
                builders.Add(type, builder);
            }

            return builder;
        }
    }
}

/// <summary>What happened to the objects.</summary>
/// <param name="Before">The set until now.</param>
/// <param name="After">The set from now on.</param>
/// <param name="Changed">The keys of objects that are new, other or gone.</param>
/// <param name="ObservedAt">When the change was noticed (<see cref="TimeProvider.GetTimestamp"/>), to measure how long it takes to be in force.</param>
public sealed record ObjectSetChange(ObjectSet Before, ObjectSet After, IReadOnlySet<ResourceKey> Changed, long ObservedAt);
