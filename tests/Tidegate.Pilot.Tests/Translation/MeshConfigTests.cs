using Envoy.Config.Cluster.V3;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

public sealed class MeshConfigTests
{
    private const string Service = """
        apiVersion: v1
        kind: Service
        metadata: {name: web, namespace: prod}
        spec: {ports: [{name: http, port: 80}]}
        """;

    [Fact]
    public void A_change_of_the_mesh_changes_everything_that_follows_from_it()
    {
        var translator = new Translator();
        var objects = ObjectSet.Of(Read(Service).Concat(Read("mesh: {connectTimeout: 3s}")));
        Assert.Equal(TimeSpan.FromSeconds(3), ConnectTimeout(translator, objects));

        objects = objects.With(Read("mesh: {connectTimeout: 4s}"), []);
        Assert.Equal(TimeSpan.FromSeconds(4), ConnectTimeout(translator, objects));

        objects = objects.With([], Read("mesh: {connectTimeout: 4s}"));
        Assert.Equal(TimeSpan.FromSeconds(10), ConnectTimeout(translator, objects));
    }

    [Fact]
    public void Nothing_is_made_anew_while_the_mesh_stays_the_same()
    {
        var translator = new Translator();
        var objects = ObjectSet.Of(Read(Service).Concat(Read("mesh: {defaultConfig: {proxyMetadata: {ISTIO_META_HTTP10: '1'}}}")));
        var first = translator.Translate(new TranslationInput(objects));
        var second = translator.Translate(new TranslationInput(objects));

        Assert.All(first.Resources.Zip(second.Resources), pair => Assert.Same(pair.First, pair.Second));
    }

    private static TimeSpan ConnectTimeout(Translator translator, ObjectSet objects) => translator.Translate(new TranslationInput(objects)).Resources
        .Where(resource => resource.Name == new XdsName(XdsTypes.Cluster, "outbound|80||web.prod.svc.cluster.local"))
        .Select(resource => ((Cluster)resource.Message).ConnectTimeout.ToTimeSpan())
        .Single();

    private static IReadOnlyList<Pilot.Resources.Resource> Read(string yaml) => TranslationCase.Read(yaml).Resources;
}
