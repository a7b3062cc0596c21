namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>exportTo</c>: namespaces that may see an object, <c>.</c> for its own, <c>*</c> for all.</summary>
internal static class ExportToValidation
{
    private const string Field = "spec.exportTo";

    /// <summary>Checks the list.</summary>
    /// <param name="findings">Takes what is found.</param>
    /// <param name="ownNamespace">The object's namespace.</param>
    /// <param name="exportTo">The list.</param>
    /// <param name="isServiceEntry">Whether <c>~</c> (nobody) is allowed.</param>
    /// <param name="hasWorkloadSelector">Whether it is a DestinationRule for some workloads, which cannot leave its namespace.</param>
    public static void Check(Findings findings, string ownNamespace, IReadOnlyList<string> exportTo, bool isServiceEntry = false, bool hasWorkloadSelector = false)
    {
        HashSet<string> seen = [];
        for (int i = 0; i < exportTo.Count; i++)
        {
            string entry = exportTo[i];
            string field = $"{Field}[{i}]";
            string key = entry == "." ? ownNamespace : entry;
            if (seen.Contains(key))
            {
                findings.Error(field, entry == "." ? $"duplicate entries in exportTo: . and current namespace {ownNamespace}" : $"duplicate entries in exportTo for entry {entry}");
            }
            else if (isServiceEntry && entry == "~")
            {
                seen.Add(key);
            }
            else if (CheckEntry(key) is { } problem)
            {
                findings.Error(field, problem);
            }
            else
            {
                seen.Add(key);
            }
        }

        if (hasWorkloadSelector && seen.Count > 0)
        {
            if (!seen.Contains(ownNamespace))
            {
                findings.Error(Field, "destination rule with workload selector cannot have exportTo beyond current namespace");
            }
            else if (seen.Count > 1)
            {
                findings.Error(Field, "destination rule with workload selector cannot have multiple entries in exportTo");
            }
        }

        if (seen.Contains("*") && exportTo.Count > 1)
        {
            findings.Error(Field, "cannot have both public (*) and non-public exportTo values for a resource");
        }

        if (seen.Contains("~") && exportTo.Count > 1)
        {
            findings.Error(Field, "cannot export service entry to no one (~) and someone");
        }
    }

    private static string? CheckEntry(string entry) => entry switch
    {
        "*" => null,
        "~" => "exportTo ~ (none) is not allowed for Istio configuration objects",
        _ when DomainSyntax.IsLabel(entry) => null,
        _ => "only .,*, or a valid DNS 1123 label is allowed as exportTo entry",
    };
}
