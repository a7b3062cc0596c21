using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>Endpoints of one locality, and of one priority within it.</summary>
/// <param name="Locality">Where they are.</param>
/// <param name="Endpoints">The endpoints; none where a setting takes a locality out.</param>
/// <param name="Weight">How heavy they are together among those of their priority.</param>
/// <param name="Priority">0 is used first.</param>
internal sealed record LocalityGroup(LocalityName Locality, IReadOnlyList<ServiceEndpoint> Endpoints, uint Weight, uint Priority)
{
    /// <summary>The endpoints by locality, localities in order, each as heavy as its endpoints together (spec 5.7).</summary>
    public static List<LocalityGroup> Of(IEnumerable<ServiceEndpoint> endpoints) =>
    [
        .. endpoints.GroupBy(endpoint => endpoint.Locality)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => Of(LocalityName.Parse(group.Key), [.. group], 0)),
    ];

    /// <summary>A group that is as heavy as its endpoints.</summary>
    public static LocalityGroup Of(LocalityName locality, IReadOnlyList<ServiceEndpoint> endpoints, uint priority) =>
        new(locality, endpoints, (uint)Math.Min(endpoints.Sum(endpoint => (long)endpoint.Weight), uint.MaxValue), priority);
}
