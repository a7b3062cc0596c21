using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads what policies of Envoy Gateway are attached to, from the fields that they all have.</summary>
internal static class PolicyAttachmentReading
{
    public static PolicyAttachment Read(ObjectReader spec) => new()
    {
        Single = spec.Object("targetRef", ReadTarget),
        Several = spec.Objects("targetRefs", ReadTarget),
        Selectors = spec.Objects("targetSelectors", ReadSelector),
        MergeType = spec.OptionalEnum("mergeType", ("StrategicMerge", PolicyMergeType.StrategicMerge), ("JSONMerge", PolicyMergeType.JsonMerge)),
    };

    private static AttachmentTarget ReadTarget(ObjectReader target) =>
        new(target.Text("group"), target.Text("kind"), target.Text("name"), target.Text("sectionName"));

    private static AttachmentSelector ReadSelector(ObjectReader selector)
    {
        // Other namespaces have to allow it (ReferenceGrant), of which nothing is read here.
        if (selector.Object("namespaces", namespaces => new Namespaces(namespaces.Text("from"))) is { From: not "Same" })
        {
            selector.Error("namespaces", "only from: Same is supported: a policy is attached to objects of its own namespace");
        }

        return new AttachmentSelector(selector.OptionalText("group") ?? ApiGroups.GatewayApi, selector.Text("kind"), LabelSelectorReading.Read(selector));
    }

    private sealed record Namespaces(string From);
}
