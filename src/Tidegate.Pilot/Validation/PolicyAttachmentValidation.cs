using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks what a policy of Envoy Gateway is attached to: its own rules, with Istio's kinds beside those of the Gateway API.</summary>
internal static class PolicyAttachmentValidation
{
    // Whether policies of routes may be merged into those above them.
    private static readonly (string Group, string Kind, bool IsRoute)[] Allowed =
    [
        (ApiGroups.Networking, "Gateway", false),
        (ApiGroups.Networking, "VirtualService", true),
        (ApiGroups.GatewayApi, "Gateway", false),
        (ApiGroups.GatewayApi, "ListenerSet", false),
        (ApiGroups.GatewayApi, "HTTPRoute", true),
        (ApiGroups.GatewayApi, "GRPCRoute", true),
        (ApiGroups.GatewayApi, "TCPRoute", true),
    ];

    public static void Check(PolicyAttachment attachment, Findings findings)
    {
        if (attachment.Single is null && attachment.Several.Count + attachment.Selectors.Count == 0)
        {
            findings.Error("spec.targetRefs", "a policy needs targetRefs or targetSelectors");
        }
        else if (attachment.Single is not null && attachment.Several.Count > 0)
        {
            findings.Error("spec.targetRef", "only one of targetRef and targetRefs can be given");
        }

        bool areRoutes = true;
        foreach ((AttachmentTarget target, string field) in attachment.Targets)
        {
            areRoutes &= CheckKind(target.Group, target.Kind, $"spec.{field}", findings);
            if (target.Name.Length == 0)
            {
                findings.Error($"spec.{field}.name", "is missing");
            }
        }

        for (int i = 0; i < attachment.Selectors.Count; i++)
        {
            AttachmentSelector selector = attachment.Selectors[i];
            string field = $"spec.targetSelectors[{i}]";
            areRoutes &= CheckKind(selector.Group, selector.Kind, field, findings);
            LabelSyntax.CheckSelector(findings, $"{field}.matchLabels", selector.Labels.MatchLabels);
        }

        if (attachment.MergeType is not null && !areRoutes)
        {
            findings.Error("spec.mergeType", "only policies of routes can be merged, into that of their Gateway");
        }
    }

    private static bool CheckKind(string group, string kind, string field, Findings findings)
    {
        if (Array.Find(Allowed, allowed => allowed.Group == group && allowed.Kind == kind) is { Kind: not null } known)
        {
            return known.IsRoute;
        }

        bool isGroup = Array.Exists(Allowed, allowed => allowed.Group == group);
        findings.Error(
            isGroup ? $"{field}.kind" : $"{field}.group",
            $"found {GoText.Quote(isGroup ? kind : group)}, expected {string.Join(", ", Allowed.Select(allowed => $"{allowed.Group}/{allowed.Kind}"))}");
        return true;
    }
}
