using System.Collections;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>The limits of Envoy's API: a stock Envoy refuses a resource that is beyond one.</summary>
public sealed class FieldConstraintTests
{
    public static TheoryData<string> Cases => [.. TranslationCase.All.Where(folder => !folder.Contains("envoy-filter", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_is_made_of_objects_is_within_them(string folder)
    {
        var testCase = new TranslationCase(folder);
        var result = new Translator().Translate(TranslationCase.InputOf(TranslationCase.Read(testCase.ReadInput()), testCase.ReadSettings()));

        Assert.Empty(result.Resources.SelectMany(resource => Check(resource.Message, resource.Name.ToString())));
    }

    [Fact]
    public void Of_a_part_only_what_is_there_is_told()
    {
        var cluster = new Cluster
        {
            ConnectTimeout = new Duration(),
            OutlierDetection = new OutlierDetection { MaxEjectionPercent = 101 },
            LbPolicy = (Cluster.Types.LbPolicy)99,
            HealthChecks = { new HealthCheck() },
        };

        var found = FieldConstraints.Check(cluster, Wholeness.Part).ToDictionary(each => each.Field, each => each.Problem);
        Assert.Equal(["connect_timeout", "lb_policy"], found.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("has to be more than 0s", found["connect_timeout"]);
        Assert.StartsWith("99 is none of ROUND_ROBIN, ", found["lb_policy"], StringComparison.Ordinal);
        Assert.Equal([("max_ejection_percent", "has to be at most 100")], FieldConstraints.Check(cluster.OutlierDetection, Wholeness.Part));
        Assert.Empty(FieldConstraints.Check(cluster.HealthChecks[0], Wholeness.Part));
        Assert.Equal(
            ["health_checker", "healthy_threshold", "interval", "timeout", "unhealthy_threshold"],
            FieldConstraints.Check(cluster.HealthChecks[0], Wholeness.Whole).Select(found => found.Field).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Check(IMessage message, string path)
    {
        if (message is Any packed)
        {
            return XdsTypeRegistry.Find(packed.TypeUrl) is { } type ? Check(type.Parser.ParseFrom(packed.Value), path) : [];
        }

        return FieldConstraints.Check(message, Wholeness.Whole).Select(found => $"{path}.{found.Field}: {found.Problem}")
            .Concat(message.Descriptor.Fields.InFieldNumberOrder().Where(field => field.FieldType == FieldType.Message).SelectMany(field => Inner(field, message, $"{path}.{field.Name}")));
    }

    private static IEnumerable<string> Inner(FieldDescriptor field, IMessage message, string path) => field.Accessor.GetValue(message) switch
    {
        IDictionary map => map.Values.OfType<IMessage>().SelectMany(inner => Check(inner, path)),
        IList list => list.OfType<IMessage>().SelectMany((inner, i) => Check(inner, $"{path}[{i}]")),
        IMessage inner => Check(inner, path),
        _ => [],
    };
}
