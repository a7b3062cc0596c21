using Envoy.Config.Cluster.V3;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
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

    [Theory]
    [InlineData("accessLogFile: /dev/stderr", "/var/log/access", true, "Warning: accessLogFile: \"/dev/stderr\" counts, in place of the gateway's own option, --access-log /var/log/access")]
    [InlineData("accessLogFile: /dev/stderr", "", true, "Warning: accessLogFile: \"/dev/stderr\" counts, in place of the gateway's own option, --access-log off")]
    [InlineData("accessLogFile: ''", "/dev/stdout", false, "Info: accessLogFile: \"\" counts, in place of the gateway's own option, --access-log /dev/stdout")]
    [InlineData("accessLogFile: /dev/stderr", "", false, null)]
    [InlineData("accessLogFile: /var/log/access", "/var/log/access", true, null)]
    [InlineData("accessLogFormat: '%PATH%'", "/dev/stdout", false, "Warning: accessLogFormat counts, in place of the gateway's own option, --access-log-format")]
    [InlineData("accessLogEncoding: TEXT", "/dev/stdout", false, "Warning: accessLogEncoding: TEXT counts, in place of the gateway's own option, --access-log-encoding json")]
    public void What_was_asked_for_at_the_start_and_does_not_count_is_told(string mesh, string file, bool isAskedFor, string? expected)
    {
        var input = new TranslationInput(ObjectSet.Of(Read($"mesh: {{{mesh}}}")))
        {
            Mesh = MeshSettings.Default with { AccessLogFile = file, IsAccessLogFileAskedFor = isAskedFor, AccessLogFormat = "{\"p\": \"%PROTOCOL%\"}", AccessLogIsJson = true },
        };

        var told = new Translator().Translate(input).Diagnostics.Where(diagnostic => diagnostic.Code == "setting-replaced").Select(diagnostic => $"{diagnostic.Severity}: {diagnostic.Message}");

        Assert.Equal(expected, told.SingleOrDefault());
    }

    private static TimeSpan ConnectTimeout(Translator translator, ObjectSet objects) => translator.Translate(new TranslationInput(objects)).Resources
        .Where(resource => resource.Name == new XdsName(XdsTypes.Cluster, "outbound|80||web.prod.svc.cluster.local"))
        .Select(resource => ((Cluster)resource.Message).ConnectTimeout.ToTimeSpan())
        .Single();

    private static IReadOnlyList<Pilot.Resources.Resource> Read(string yaml) => TranslationCase.Read(yaml).Resources;
}
