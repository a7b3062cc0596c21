using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads selectors of objects by their labels (Kubernetes: <c>LabelSelector</c>).</summary>
internal static class LabelSelectorReading
{
    public static LabelSelector Read(ObjectReader selector) => new()
    {
        MatchLabels = selector.Map("matchLabels"),
        MatchExpressions = selector.Objects("matchExpressions", expression => new LabelRequirement(
            expression.Text("key"),
            expression.Enum(
                "operator",
                ("In", LabelOperator.In),
                ("NotIn", LabelOperator.NotIn),
                ("Exists", LabelOperator.Exists),
                ("DoesNotExist", LabelOperator.DoesNotExist)),
            expression.Texts("values"))),
    };
}
