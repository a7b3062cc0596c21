using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Services;

/// <summary>Which endpoints a service wants its traffic to go to first.</summary>
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
    /// <summary>The annotation of a service, or of a namespace for all of its services, that says it where <c>spec.trafficDistribution</c> does not.</summary>
    public const string Annotation = "networking.istio.io/traffic-distribution";

    /// <summary>What counts: <c>spec.trafficDistribution</c>, else the object's annotation, else its namespace's.</summary>
    public static TrafficDistribution Of(string spec, Resource source, Namespace? owner) => spec switch
    {
        "PreferClose" or "PreferSameZone" => TrafficDistribution.PreferSameZone,
        "PreferSameNode" => TrafficDistribution.PreferSameNode,
        _ when source.Metadata.Annotations.GetValueOrDefault(Annotation) is { Length: > 0 } own => OfAnnotation(own),
        _ => OfAnnotation(owner?.Metadata.Annotations.GetValueOrDefault(Annotation)),
    };

    private static TrafficDistribution OfAnnotation(string? text) => text?.ToUpperInvariant() switch
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
