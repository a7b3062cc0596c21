namespace Tidegate.Pilot.Sources;

/// <summary>The way of one source into the <see cref="ObjectStore"/>: a directory, an API server. Used by one thread at a time.</summary>
public sealed class ObjectFeed
{
    private readonly ObjectStore _store;

    internal ObjectFeed(ObjectStore store) => _store = store;

    /// <summary>Whether the source has told all that it had in the beginning.</summary>
    public bool IsSynchronized { get; internal set; }

    /// <summary>
    /// Takes in what the source has seen: units with what they hold now, and units that are gone. The first call brings all that there is, and
    /// synchronizes the source.
    /// </summary>
    internal void Update(IReadOnlyDictionary<string, Manifest> read, IReadOnlyCollection<string> gone) => _store.Update(this, read, gone);
}
