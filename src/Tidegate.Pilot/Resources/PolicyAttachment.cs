namespace Tidegate.Pilot.Resources;

/// <summary>What a policy of Envoy Gateway is attached to (<c>PolicyTargetReferences</c>): objects of its own namespace.</summary>
public sealed record PolicyAttachment
{
    /// <summary><c>targetRef</c>, the older form; null where it is not given.</summary>
    public AttachmentTarget? Single { get; init; }

    /// <summary><c>targetRefs</c>.</summary>
    public IReadOnlyList<AttachmentTarget> Several { get; init; } = [];

    /// <summary>Both, each with its field in <c>spec</c>.</summary>
    public IEnumerable<(AttachmentTarget Target, string Field)> Targets => (Single is null ? [] : new[] { (Single, "targetRef") })
        .Concat(Several.Select(static (target, index) => (target, $"targetRefs[{index}]")));

    /// <summary><c>targetSelectors</c>.</summary>
    public IReadOnlyList<AttachmentSelector> Selectors { get; init; } = [];

    /// <summary><c>mergeType</c>; null where the policy stands alone.</summary>
    public PolicyMergeType? MergeType { get; init; }
}

/// <summary>An object, or a part of it, that a policy is attached to.</summary>
/// <param name="Group"><c>group</c>.</param>
/// <param name="Kind"><c>kind</c>.</param>
/// <param name="Name"><c>name</c>.</param>
/// <param name="SectionName">
/// <c>sectionName</c>: the name of a server of a Gateway or that of its port, the name of an <c>http</c> route of a VirtualService; empty for the object as a whole.
/// </param>
public sealed record AttachmentTarget(string Group, string Kind, string Name, string SectionName);

/// <summary>Objects that a policy is attached to, by their labels.</summary>
/// <param name="Group"><c>group</c>.</param>
/// <param name="Kind"><c>kind</c>.</param>
/// <param name="Labels"><c>matchLabels</c> and <c>matchExpressions</c>.</param>
public sealed record AttachmentSelector(string Group, string Kind, LabelSelector Labels);

/// <summary>How a route's policy is put over that of its Gateway (<c>MergeType</c>).</summary>
public enum PolicyMergeType
{
    /// <summary>StrategicMerge: field by field, and lists by the names of what is in them where they have such.</summary>
    StrategicMerge,

    /// <summary>JSONMerge: field by field; a list is taken whole (RFC 7396).</summary>
    JsonMerge,
}

/// <summary>An object that is attached to others.</summary>
internal interface IAttachedPolicy
{
    /// <summary>What it is attached to.</summary>
    PolicyAttachment Attachment { get; }
}
