using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>loadBalancer</c> of a traffic policy (Istio: <c>validateLoadBalancer</c>).</summary>
internal static class LoadBalancerValidation
{
    public static void Check(LoadBalancerSettings? settings, OutlierDetection? outlier, Findings findings, string field)
    {
        if (settings is null)
        {
            return;
        }

        if (settings.ConsistentHash is { } hash)
        {
            CheckHash(hash, findings, $"{field}.consistentHash");
        }

        if (settings.LocalityLbSetting is not null && settings.ZoneAwareLbSetting is not null)
        {
            findings.Error($"{field}.zoneAwareLbSetting", "only one of localityLbSetting and zoneAwareLbSetting can be set");
        }

        LocalityValidation.Check(settings.LocalityLbSetting, outlier, findings, $"{field}.localityLbSetting");
        LocalityValidation.Check(settings.ZoneAwareLbSetting, outlier, findings, $"{field}.zoneAwareLbSetting");
        if (settings.Warmup is { } warmup)
        {
            findings.Check($"{field}.warmup.duration", warmup.Duration is null ? "duration is required" : DurationRules.Check(warmup.Duration));
            if (warmup.MinimumPercent > 100)
            {
                findings.Error($"{field}.warmup.minimumPercent", "minimumPercent value should be less than or equal to 100");
            }

            if (warmup.Aggression <= 0)
            {
                findings.Error($"{field}.warmup.aggression", "aggression should be greater than 0");
            }
        }
    }

    private static void CheckHash(ConsistentHashLb hash, Findings findings, string field)
    {
        if (hash.HttpCookie is { } cookie)
        {
            CheckCookie(cookie, findings, $"{field}.httpCookie");
        }

        if (hash.MinimumRingSize != 0)
        {
            findings.Warn($"{field}.minimumRingSize", "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead");
            if (hash.RingHashMinimumRingSize is not null || hash.MaglevTableSize is not null)
            {
                findings.Error($"{field}.minimumRingSize", "only one of MinimumRingSize or Maglev/Ringhash can be specified");
            }
        }

        findings.Check($"{field}.minimumRingSize", HashTableRules.CheckRingSize(hash.MinimumRingSize));
        findings.Check($"{field}.ringHash.minimumRingSize", HashTableRules.CheckRingSize(hash.RingHashMinimumRingSize ?? 0));
        if (hash.MaglevTableSize is { } size)
        {
            string place = $"{field}.maglev.tableSize";
            if (size == 0)
            {
                findings.Error(place, "tableSize must be set for maglev");
            }
            else if (size >= HashTableRules.MaxMaglevSize)
            {
                findings.Error(place, $"tableSize must be less than {HashTableRules.MaxMaglevSize} for maglev");
            }
            else if (!HashTableRules.IsPrime(size))
            {
                findings.Error(place, "tableSize must be a prime number for maglev");
            }
        }
    }

    private static void CheckCookie(HttpCookie cookie, Findings findings, string field)
    {
        findings.Check($"{field}.name", CookieRules.CheckName(cookie.Name));
        findings.Check($"{field}.path", CookieRules.CheckAttribute(cookie.Path));
        HashSet<string> names = [];
        for (int i = 0; i < cookie.Attributes.Count; i++)
        {
            string name = cookie.Attributes[i].Name;
            findings.Check($"{field}.attributes[{i}].name", CookieRules.CheckAttribute(name));
            findings.Check($"{field}.attributes[{i}].value", CookieRules.CheckAttribute(cookie.Attributes[i].Value));
            if (name.Length == 0)
            {
                findings.Error($"{field}.attributes[{i}].name", "cookie attribute name cannot be empty");
            }
            else if (!names.Add(name))
            {
                findings.Error($"{field}.attributes[{i}].name", $"duplicate cookie attribute name: {name}");
            }
        }
    }
}
