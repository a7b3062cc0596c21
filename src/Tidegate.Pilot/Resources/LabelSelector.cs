namespace Tidegate.Pilot.Resources;

/// <summary>Chooses objects by their labels (Kubernetes: <c>LabelSelector</c>): all that it says has to be so; one that says nothing chooses everything.</summary>
public sealed record LabelSelector
{
    /// <summary><c>matchLabels</c>.</summary>
    public IReadOnlyDictionary<string, string> MatchLabels { get; init; } = ResourceMetadata.NoEntries;

    /// <summary><c>matchExpressions</c>.</summary>
    public IReadOnlyList<LabelRequirement> MatchExpressions { get; init; } = [];

    /// <summary>Whether it chooses what has these labels.</summary>
    public bool Selects(IReadOnlyDictionary<string, string> labels) =>
        MatchLabels.All(label => labels.TryGetValue(label.Key, out string? value) && value == label.Value)
        && MatchExpressions.All(requirement => requirement.IsMetBy(labels));
}

/// <summary>How a <see cref="LabelRequirement"/> judges a label.</summary>
public enum LabelOperator
{
    /// <summary>In: the label is there and has one of the values.</summary>
    In,

    /// <summary>NotIn: the label is not there, or has none of the values.</summary>
    NotIn,

    /// <summary>Exists: the label is there.</summary>
    Exists,

    /// <summary>DoesNotExist: the label is not there.</summary>
    DoesNotExist,
}

/// <summary><c>matchExpressions[]</c>.</summary>
/// <param name="Key"><c>key</c>.</param>
/// <param name="Operator"><c>operator</c>.</param>
/// <param name="Values"><c>values</c>.</param>
public sealed record LabelRequirement(string Key, LabelOperator Operator, IReadOnlyList<string> Values)
{
    /// <summary>Whether the labels are as it says.</summary>
    public bool IsMetBy(IReadOnlyDictionary<string, string> labels)
    {
        string? value = labels.GetValueOrDefault(Key);
        return Operator switch
        {
            LabelOperator.In => value is not null && Values.Contains(value),
            LabelOperator.NotIn => value is null || !Values.Contains(value),
            LabelOperator.Exists => value is not null,
            _ => value is null,
        };
    }
}
