using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Pilot.Translation.Steps;

namespace Tidegate.Pilot.Tests.Translation;

public sealed class TranslationPropertyTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 700)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Whatever_the_objects_say_they_are_translated_and_can_be_printed(int seed)
    {
        var random = new RandomObjects(seed);
        var objects = ObjectSet.Of(Enumerable.Range(0, 60).Select(_ => random.Next()));
        foreach (var input in Inputs(objects))
        {
            var result = new Translator().Translate(input);
            Assert.NotNull(new XdsSnapshot(result.Resources)); // names are unique; an EnvoyFilter may have removed them all
            Assert.NotEmpty(SnapshotJson.Print(result, ["listeners", "routes", "clusters", "endpoints", "services"]));
            Assert.All(result.Diagnostics, diagnostic => Assert.NotEmpty(diagnostic.ToString()));
        }
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Translating_change_by_change_gives_what_translating_from_scratch_gives(int seed)
    {
        var random = new RandomObjects(seed);
        var objects = ObjectSet.Of(Enumerable.Range(0, 50).Select(_ => random.Next()));
        var translators = Inputs(objects).Select(_ => new Translator()).ToArray();
        var last = new TranslationResult?[translators.Length];
        for (var step = 0; step < 15; step++)
        {
            var inputs = Inputs(objects).ToArray();
            for (var i = 0; i < inputs.Length; i++)
            {
                var incremental = translators[i].Translate(inputs[i]);
                var scratch = new Translator().Translate(inputs[i]);
                Assert.Equal(Versions(scratch), Versions(incremental));
                Assert.Equal(scratch.Diagnostics, incremental.Diagnostics);
                Assert.Equal(scratch.GatewayServices.Select(service => service.Ports), incremental.GatewayServices.Select(service => service.Ports));
                AssertSameContentIsSameInstance(last[i], incremental);
                last[i] = incremental;
            }
            var (changed, removed) = random.Change([.. objects.Everything().OrderBy(resource => resource.Key.ToString(), StringComparer.Ordinal)]);
            objects = objects.With(changed, removed);
        }
    }

    [Fact]
    public void Equal_versions_mean_equal_content()
    {
        var messages = new Dictionary<(string, string, string), string>();
        for (var seed = 1; seed <= 30; seed++)
        {
            var random = new RandomObjects(seed);
            var result = new Translator().Translate(new TranslationInput(ObjectSet.Of(Enumerable.Range(0, 30).Select(_ => random.Next()))));
            foreach (var resource in result.Resources)
            {
                var json = SnapshotJson.Node(resource.Message).ToJsonString();
                var key = (resource.Name.TypeUrl, resource.Name.Name, resource.Version);
                Assert.Equal(messages.TryAdd(key, json) ? json : messages[key], json);
            }
        }
    }

    private static IEnumerable<TranslationInput> Inputs(ObjectSet objects)
    {
        yield return new TranslationInput(objects);
        yield return new TranslationInput(objects)
        {
            Features = ProxyFeatures.All,
            Mesh = MeshSettings.Default with { CompatibilityVersion = CompatibilityVersion.Current, RootNamespace = "root" },
            Node = ProxyNode.IngressGateway with { Namespace = "prod" },
        };
    }

    private static SortedDictionary<string, string> Versions(TranslationResult result) =>
        new(result.Resources.ToDictionary(resource => resource.Name.ToString(), resource => resource.Version), StringComparer.Ordinal);

    private static void AssertSameContentIsSameInstance(TranslationResult? before, TranslationResult after)
    {
        var known = before?.Resources.ToDictionary(resource => resource.Name);
        foreach (var resource in after.Resources)
        {
            // Routes too, unless they were translated anew and came out the same.
            if (known?.TryGetValue(resource.Name, out var same) == true && same.Version == resource.Version)
            {
                Assert.Equal(same.Message, resource.Message);
            }
        }
    }
}
