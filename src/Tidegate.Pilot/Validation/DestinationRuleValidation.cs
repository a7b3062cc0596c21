using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks a DestinationRule (Istio: <c>ValidateDestinationRule</c>).</summary>
internal static class DestinationRuleValidation
{
    public static void Check(DestinationRule rule, Findings findings)
    {
        DestinationRuleSpec spec = rule.Spec;
        findings.Check("spec.host", DomainSyntax.CheckWildcardName(spec.Host));
        TrafficPolicyValidation.Check(spec.TrafficPolicy, rule.Namespace, findings, "spec.trafficPolicy");

        HashSet<string> names = [];
        for (int i = 0; i < spec.Subsets.Count; i++)
        {
            Subset subset = spec.Subsets[i];
            string field = $"spec.subsets[{i}]";
            if (!names.Add(subset.Name))
            {
                findings.Error($"{field}.name", $"duplicate subset names: {subset.Name}");
            }

            findings.Check($"{field}.name", DestinationValidation.CheckSubsetName(subset.Name));
            LabelSyntax.CheckLabels(findings, $"{field}.labels", subset.Labels);
            TrafficPolicyValidation.Check(subset.TrafficPolicy, rule.Namespace, findings, $"{field}.trafficPolicy");
        }

        ExportToValidation.Check(findings, rule.Namespace, spec.ExportTo, hasWorkloadSelector: spec.WorkloadSelector is not null);
        if (spec.WorkloadSelector is { } selector && LabelSyntax.CheckSelector(findings, "spec.workloadSelector.matchLabels", selector))
        {
            findings.Warn("spec.workloadSelector", "workload selector specified without labels");
        }
    }
}
