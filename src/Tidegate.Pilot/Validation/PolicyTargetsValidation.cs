using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks to which proxies a policy applies (Istio: <c>validateOneOfSelectorType</c>, <c>validatePolicyTargetReference</c>).</summary>
internal static class PolicyTargetsValidation
{
    private static readonly (string Group, string Kind)[] Allowed =
    [
        (ApiGroups.GatewayApi, "Gateway"),
        (ApiGroups.GatewayApi, "GatewayClass"),
        (ApiGroups.Core, "Service"),
        (ApiGroups.Networking, "ServiceEntry"),
    ];

    public static void Check(PolicyTargets targets, Findings findings)
    {
        if (targets.Selector is { } selector && LabelSyntax.CheckSelector(findings, "spec.selector.matchLabels", selector))
        {
            findings.Warn("spec.selector", "workload selector specified without labels");
        }

        if (targets.Selector is { Count: > 0 } && targets.References.Count > 0)
        {
            findings.Error("spec.targetRefs", "only one of targetRefs or workloadSelector can be set");
        }

        for (int i = 0; i < targets.References.Count; i++)
        {
            Check(targets.References[i], $"spec.targetRefs[{i}]", findings);
        }
    }

    private static void Check(PolicyTargetReference reference, string field, Findings findings)
    {
        string group = reference.Group == "core" ? string.Empty : reference.Group;
        if (reference.Name.Length == 0)
        {
            findings.Error(field, "targetRef name must be set");
        }

        if (reference.Namespace.Length > 0)
        {
            findings.Error(field, "targetRef namespace must not be set; cross namespace referencing is not supported");
        }

        if (!Allowed.Contains((group, reference.Kind)))
        {
            string known = string.Join(' ', Allowed.Select(kind => $"{(kind.Group.Length == 0 ? "core" : kind.Group)}/{kind.Kind}"));
            findings.Error(field, $"targetRef must be to one of [{known}] but was {reference.Group}/{reference.Kind}");
        }
    }
}
