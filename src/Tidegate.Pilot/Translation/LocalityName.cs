namespace Tidegate.Pilot.Translation;

/// <summary>Where a process is: <c>region/zone/subzone</c>, each empty when it is not known.</summary>
internal readonly record struct LocalityName(string Region, string Zone, string SubZone)
{
    /// <summary>Reads <c>region/zone/subzone</c>, of which the last parts may be missing.</summary>
    public static LocalityName Parse(string text)
    {
        var parts = text.Split('/', 3);
        return new LocalityName(parts[0], parts.Length > 1 ? parts[1] : "", parts.Length > 2 ? parts[2] : "");
    }

    /// <summary>Whether a rule's <c>region/zone/subzone</c> means this place: <c>*</c> is any, and so is a part left out after the region.</summary>
    public bool IsMeantBy(string rule)
    {
        var (region, zone, subZone) = Parse(rule);
        return (region == "*" || region == Region) && (zone is "*" or "" || zone == Zone) && (subZone is "*" or "" || subZone == SubZone);
    }

    /// <summary>How far another place is: 0 for the same subzone, 1 zone, 2 region, 3 for another region (Istio's <c>LbPriority</c>).</summary>
    public int DistanceTo(LocalityName other) =>
        Region != other.Region ? 3 : Zone != other.Zone ? 2 : SubZone != other.SubZone ? 1 : 0;
}
