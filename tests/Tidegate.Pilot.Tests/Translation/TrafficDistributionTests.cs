using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Tests.Translation;

public sealed class TrafficDistributionTests
{
    [Theory]
    [InlineData("PreferClose", "PreferSameNode", "PreferSameNode", TrafficDistribution.PreferSameZone)]
    [InlineData("PreferSameNode", "", "", TrafficDistribution.PreferSameNode)]
    [InlineData("preferclose", "", "", TrafficDistribution.Any)]
    [InlineData("", "prefersamenode", "PreferClose", TrafficDistribution.PreferSameNode)]
    [InlineData("", "anything", "PreferClose", TrafficDistribution.Any)]
    [InlineData("", "", "PreferClose", TrafficDistribution.PreferSameZone)]
    [InlineData("Unknown", "", "PreferClose", TrafficDistribution.PreferSameZone)]
    [InlineData("", "", "", TrafficDistribution.Any)]
    public void The_field_counts_before_the_annotation_and_that_before_the_namespaces(string spec, string own, string owner, object expected)
    {
        var source = new Service(MetadataWith(own), Origin.BuiltIn, new ServiceSpec());

        Assert.Equal(expected, TrafficDistributions.Of(spec, source, new Namespace(MetadataWith(owner), Origin.BuiltIn)));
    }

    private static ResourceMetadata MetadataWith(string annotation) => new()
    {
        Name = "web",
        Namespace = "shop",
        Annotations = annotation.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { [TrafficDistributions.Annotation] = annotation },
    };
}
