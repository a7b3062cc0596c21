namespace Tidegate.Pilot.Translation.Services;

/// <summary>Which endpoints a Service wants its traffic to go to first (<c>spec.trafficDistribution</c>, or the annotation <c>networking.istio.io/traffic-distribution</c>).</summary>
internal enum TrafficDistribution
{
    /// <summary>Says nothing.</summary>
    Any,

    /// <summary><c>PreferClose</c> or <c>PreferSameZone</c>.</summary>
    PreferSameZone,

    /// <summary><c>PreferSameNode</c>.</summary>
    PreferSameNode,
}

/// <summary>How a preference is read, and what it means.</summary>
internal static class TrafficDistributions
{
    /// <summary>Reads the text; any other means <see cref="TrafficDistribution.Any"/>.</summary>
    public static TrafficDistribution Parse(string? text) => text?.ToUpperInvariant() switch
    {
        "PREFERCLOSE" or "PREFERSAMEZONE" => TrafficDistribution.PreferSameZone,
        "PREFERSAMENODE" => TrafficDistribution.PreferSameNode,
        _ => TrafficDistribution.Any,
    };

    /// <summary>The <c>failoverPriority</c> that says the same.</summary>
    public static IReadOnlyList<string> FailoverPriority(this TrafficDistribution distribution) => distribution switch
    {
        TrafficDistribution.PreferSameZone => [TopologyLabels.Network, TopologyLabels.Region, TopologyLabels.Zone],
        TrafficDistribution.PreferSameNode => [TopologyLabels.Network, TopologyLabels.Region, TopologyLabels.Zone, TopologyLabels.SubZone, TopologyLabels.Hostname],
        _ => [],
    };
}
