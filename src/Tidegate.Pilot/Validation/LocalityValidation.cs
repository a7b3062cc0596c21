using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks load balancing by region and zone (Istio: <c>ValidateLocalityLbSetting</c>, <c>ValidateZoneAwareLbSetting</c>).</summary>
internal static class LocalityValidation
{
    private const string NoOutlierDetection = "outlier detection policy must be provided for failover";

    /// <summary>Checks <c>localityLbSetting</c>.</summary>
    public static void Check(LocalityLbSetting? setting, OutlierDetection? outlier, Findings findings, string field)
    {
        if (setting is null)
        {
            return;
        }

        if (setting.Distribute.Count > 0 && setting.Failover.Count > 0)
        {
            findings.Error(field, "can not simultaneously specify 'distribute' and 'failover'");
            return;
        }

        if (setting.Failover.Count > 0 && setting.FailoverPriority.FirstOrDefault(IsTopologyLabel) is { } label)
        {
            findings.Error($"{field}.failoverPriority", $"can not simultaneously set 'failover' and topology label '{label}' in 'failover_priority'");
            return;
        }

        for (int i = 0; i < setting.Distribute.Count; i++)
        {
            CheckDistribution(setting.Distribute[i], findings, $"{field}.distribute[{i}]");
        }

        findings.Check($"{field}.distribute", CheckLocalities(setting.Distribute.Select(distribute => distribute.From)));
        CheckOutlier(setting.Failover, setting.FailoverPriority, outlier, findings, field);
        CheckFailover(
            setting.Failover,
            new FailoverMessages(
                "locality lb failover settings must specify different regions",
                "locality lb failover only specify region",
                "locality lb failover region should not contain '*' wildcard"),
            findings,
            $"{field}.failover");
    }

    /// <summary>Checks <c>zoneAwareLbSetting</c>.</summary>
    public static void Check(ZoneAwareLbSetting? setting, OutlierDetection? outlier, Findings findings, string field)
    {
        if (setting is null)
        {
            return;
        }

        foreach (string label in setting.FailoverPriority.Where(IsTopologyLabel))
        {
            findings.Error(
                $"{field}.failoverPriority",
                $"'failover_priority' for zone aware lb must not use topology label '{label}'; region- and zone-level routing are handled automatically");
        }

        CheckOutlier(setting.Failover, setting.FailoverPriority, outlier, findings, field);
        CheckFailover(
            setting.Failover,
            new FailoverMessages(
                "zone aware lb failover settings must specify different regions",
                "zone aware lb failover only specifies region; zone and subzone failover are handled automatically",
                "zone aware lb failover region should not contain '*' wildcard"),
            findings,
            $"{field}.failover");
    }

    private static bool IsTopologyLabel(string label) =>
        label is "topology.kubernetes.io/region" or "topology.kubernetes.io/zone" or "topology.istio.io/subzone";

    private static void CheckDistribution(LocalityDistribute distribute, Findings findings, string field)
    {
        if (distribute.To.Values.Any(weight => weight is 0 or > 100))
        {
            findings.Error($"{field}.to", "locality weight must be in range [1, 100]");
            return;
        }

        long total = distribute.To.Values.Sum(weight => weight);
        findings.Check($"{field}.to", total != 100 ? $"total locality weight {total} != 100" : CheckLocalities(distribute.To.Keys));
    }

    private static void CheckOutlier(
        IReadOnlyList<LocalityFailover> failover, IReadOnlyList<string> priority, OutlierDetection? outlier, Findings findings, string field)
    {
        if ((failover.Count > 0 || priority.Count > 0) && outlier is null)
        {
            findings.Warn(failover.Count > 0 ? $"{field}.failover" : $"{field}.failoverPriority", NoOutlierDetection);
        }
    }

    private static void CheckFailover(IReadOnlyList<LocalityFailover> failover, FailoverMessages messages, Findings findings, string field)
    {
        for (int i = 0; i < failover.Count; i++)
        {
            (string from, string to) = failover[i];
            string place = $"{field}[{i}]";
            findings.Check(place, from == to ? messages.SameRegion : null);
            findings.Check(place, from.Contains('/') || to.Contains('/') ? messages.MoreThanRegion : null);
            findings.Check(place, from.Contains('*') || to.Contains('*') ? messages.Wildcard : null);
        }
    }

    // Localities are region[/zone[/subzone]], the last part perhaps *. None may be within another.
    private static string? CheckLocalities(IEnumerable<string> localities)
    {
        List<string[]> earlier = [];
        foreach (string locality in localities)
        {
            int stars = locality.Count(c => c == '*');
            if (stars > 1 || (stars == 1 && !locality.EndsWith('*')))
            {
                return $"locality {locality} wildcard '*' number can not exceed 1 and must be in the end";
            }

            string[] parts = locality.Split('/', 3);
            if (parts.Contains(string.Empty))
            {
                return $"locality {locality} must not contain empty region/zone/subzone info";
            }

            if (earlier.Any(other => Overlap(other, parts)))
            {
                return $"locality {locality} overlap with previous specified ones";
            }

            earlier.Add(parts);
        }

        return null;
    }

    private static bool Overlap(string[] one, string[] other)
    {
        for (int i = 0; i < one.Length && i < other.Length; i++)
        {
            if (one[i] == "*" || other[i] == "*")
            {
                return true;
            }

            if (one[i] != other[i])
            {
                return false;
            }
        }

        return true;
    }

    private sealed record FailoverMessages(string SameRegion, string MoreThanRegion, string Wildcard);
}
