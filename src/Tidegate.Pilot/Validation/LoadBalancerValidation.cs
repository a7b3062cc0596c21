using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>loadBalancer</c> of a traffic policy (Istio: <c>validateLoadBalancer</c>).</summary>
internal static class LoadBalancerValidation
{
    private const ulong MaxTableSize = 5000011;

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
            findings.Check($"{field}.warmup.duration", warmup.Duration is null ? "duration is required" : DurationSyntax.Check(warmup.Duration));
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

        if (hash.MaglevTableSize is { } size)
        {
            string place = $"{field}.maglev.tableSize";
            if (size == 0)
            {
                findings.Error(place, "tableSize must be set for maglev");
            }
            else if (size >= MaxTableSize)
            {
                findings.Error(place, $"tableSize must be less than {MaxTableSize} for maglev");
            }
            else if (!IsPrime(size))
            {
                findings.Error(place, "tableSize must be a prime number for maglev");
            }
        }
    }

    private static void CheckCookie(HttpCookie cookie, Findings findings, string field)
    {
        if (cookie.Name.Length == 0)
        {
            findings.Error($"{field}.name", "name required for HttpCookie");
        }

        HashSet<string> names = [];
        for (int i = 0; i < cookie.Attributes.Count; i++)
        {
            string name = cookie.Attributes[i].Name;
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

    // As Envoy (Primes::isPrime), which takes 1 for one.
    private static bool IsPrime(ulong value)
    {
        if (value is 1 or 2 or 3)
        {
            return true;
        }

        bool isPrime = value % 2 != 0;
        for (ulong factor = 3; isPrime && factor * factor <= value; factor += 2)
        {
            isPrime = value % factor != 0;
        }

        return isPrime;
    }
}
