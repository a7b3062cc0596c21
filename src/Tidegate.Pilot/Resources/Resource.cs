namespace Tidegate.Pilot.Resources;

/// <summary>
/// An object that a user wrote, as it was written: no default of the translation is filled in. Immutable, so that an object
/// that has not changed is the same reference in every snapshot.
/// </summary>
/// <param name="Metadata">Name, namespace, labels, ...</param>
/// <param name="Origin">Where it was read.</param>
public abstract record Resource(ResourceMetadata Metadata, Origin Origin)
{
    /// <summary>What kind of object it is.</summary>
    public abstract ApiKind ApiKind { get; }

    /// <summary>The name of its kind: <c>Gateway</c>, <c>VirtualService</c>, ...</summary>
    public string Kind => ApiKind.Name;

    /// <summary>What tells it from all others.</summary>
    public ResourceKey Key => new(ApiKind, Metadata.Namespace, Metadata.Name);

    /// <summary>Its name.</summary>
    public string Name => Metadata.Name;

    /// <summary>Its namespace; empty for an object that has none (a Namespace).</summary>
    public string Namespace => Metadata.Namespace;

    /// <summary><c>kind namespace/name</c>.</summary>
    public sealed override string ToString() => Key.ToString();
}

/// <summary>What tells an object from all others.</summary>
/// <param name="ApiKind">What kind of object it is.</param>
/// <param name="Namespace">Its namespace; empty for an object that has none.</param>
/// <param name="Name">Its name.</param>
public readonly record struct ResourceKey(ApiKind ApiKind, string Namespace, string Name)
{
    /// <summary>The name of its kind.</summary>
    public string Kind => ApiKind.Name;

    /// <summary><c>kind namespace/name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>The part of an object that all kinds have (Kubernetes: <c>metadata</c>).</summary>
public sealed record ResourceMetadata
{
    /// <summary><c>metadata.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>metadata.namespace</c>, or the namespace of objects that name none.</summary>
    public required string Namespace { get; init; }

    /// <summary><c>metadata.labels</c>.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = NoEntries;

    /// <summary><c>metadata.annotations</c>.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = NoEntries;

    /// <summary><c>metadata.creationTimestamp</c>; null in a file that does not say.</summary>
    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary><c>metadata.resourceVersion</c>; empty outside of a cluster.</summary>
    public string ResourceVersion { get; init; } = string.Empty;

    /// <summary><c>metadata.generation</c>; 0 outside of a cluster.</summary>
    public long Generation { get; init; }

    internal static IReadOnlyDictionary<string, string> NoEntries { get; } = new Dictionary<string, string>();
}

/// <summary>Where an object was read: a file and a line, or a place in a cluster.</summary>
public record Origin
{
    private readonly int _line;

    /// <summary>A place.</summary>
    /// <param name="file">The file's path, or a word that says where else.</param>
    /// <param name="line">The line where the object begins, from 1; 0 when there are no lines.</param>
    public Origin(string file, int line)
    {
        File = file;
        _line = line;
    }

    /// <summary>The file's path; for an object of a cluster a word that says so.</summary>
    public string File { get; }

    /// <summary>The line where the object begins, from 1; 0 when there are no lines.</summary>
    public virtual int Line => _line;

    /// <summary>An object that comes with the program.</summary>
    public static readonly Origin BuiltIn = new("(built in)", 0);

    /// <summary>
    /// The line of a field, such as <c>spec.http[2].route[0].destination.subset</c>; that of the nearest field above it when the
    /// field itself is not there.
    /// </summary>
    public virtual int LineOf(string fieldPath) => Line;

    /// <summary>The line of a field; null when the object does not have it.</summary>
    public virtual int? ExactLineOf(string fieldPath) => null;

    /// <summary><c>file:line</c>.</summary>
    public sealed override string ToString() => Line > 0 ? $"{File}:{Line}" : File;
}
