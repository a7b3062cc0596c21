namespace Tidegate.Pilot.Translation;

/// <summary>The labels that say where something is.</summary>
internal static class TopologyLabels
{
    public const string Network = "topology.istio.io/network";
    public const string Region = "topology.kubernetes.io/region";
    public const string Zone = "topology.kubernetes.io/zone";
    public const string SubZone = "topology.istio.io/subzone";
    public const string Hostname = "kubernetes.io/hostname";

    /// <summary>The whole locality in one label, with <c>.</c> for <c>/</c>.</summary>
    public const string Locality = "istio-locality";

    /// <summary>The value of such a label that follows from the place of a process; empty for any other label and for what is not known.</summary>
    public static string ValueOf(string label, LocalityName place, string network, string nodeName) => label switch
    {
        Network => network,
        Region => place.Region,
        Zone => place.Zone,
        SubZone => place.SubZone,
        Hostname => nodeName,
        _ => "",
    };
}
