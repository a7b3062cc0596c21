namespace Tidegate.Pilot.Resources;

/// <summary>To which proxies a policy applies (Istio: <c>selector</c>, <c>targetRefs</c>): those of its namespace, of the whole mesh from the root namespace, or fewer.</summary>
public sealed record PolicyTargets
{
    /// <summary><c>selector.matchLabels</c>; null where there is no <c>selector</c>.</summary>
    public IReadOnlyDictionary<string, string>? Selector { get; init; }

    /// <summary><c>targetRefs</c>, and <c>targetRef</c>.</summary>
    public IReadOnlyList<PolicyTargetReference> References { get; init; } = [];
}

/// <summary>Istio: <c>PolicyTargetReference</c>.</summary>
/// <param name="Group"><c>group</c>.</param>
/// <param name="Kind"><c>kind</c>.</param>
/// <param name="Name"><c>name</c>.</param>
/// <param name="Namespace"><c>namespace</c>.</param>
public sealed record PolicyTargetReference(string Group, string Kind, string Name, string Namespace);

/// <summary>
/// An object that keeps requests out. One that is refused, and of which no good version is known, is in force all the same, closed: what it is about is
/// refused until it is mended.
/// </summary>
internal interface IGuard
{
    /// <summary>Whether it was refused.</summary>
    bool IsRefused { get; }

    /// <summary>The same object, refused.</summary>
    /// <param name="wrongFields">The fields that could not be read, or do not say what they may.</param>
    Resource AsRefused(IReadOnlyCollection<string> wrongFields);
}
