using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

public sealed class EnvoyFilterTests
{
    private const string Filter = """
        apiVersion: networking.istio.io/v1alpha3
        kind: EnvoyFilter
        metadata: {name: headers, namespace: istio-system}
        spec:
          configPatches:
          - applyTo: VIRTUAL_HOST
            patch: {operation: MERGE, value: {request_headers_to_remove: [x-removed]}}
        """;

    [Fact]
    public void A_filter_that_comes_and_goes_changes_what_it_is_about_and_nothing_else()
    {
        var translator = new Translator();
        var objects = ObjectSet.Of(new TranslationCase("tutorial/4-current-istio").ReadInput() is var yaml ? TranslationCase.Read(yaml).Resources : []);
        var before = translator.Translate(new TranslationInput(objects));
        var patched = translator.Translate(new TranslationInput(objects.With(TranslationCase.Read(Filter).Resources, [])));
        var again = translator.Translate(new TranslationInput(objects.With(TranslationCase.Read(Filter).Resources, [])));
        var after = translator.Translate(new TranslationInput(objects));

        Assert.All(Routes(patched), route => Assert.All(route.VirtualHosts, host => Assert.Equal(["x-removed"], host.RequestHeadersToRemove)));
        Assert.Equal(before.Resources.Where(resource => resource.Name.TypeUrl != XdsTypes.Route), patched.Resources.Where(resource => resource.Name.TypeUrl != XdsTypes.Route));
        Assert.Equal(Routes(patched), Routes(again));
        Assert.Equal(before.Resources, after.Resources);
    }

    [Fact]
    public void Merging_changes_neither_of_the_two()
    {
        var target = new Cluster { Name = "a", ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5)), CommonLbConfig = new() { IgnoreNewHostsUntilFirstHc = true } };
        var patch = new Cluster { ConnectTimeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)), CommonLbConfig = new() { CloseConnectionsOnHostSetChange = true } };
        var (targetBefore, patchBefore) = (target.Clone(), patch.Clone());

        var merged = MessageMerge.Merge(target, patch, replacesLists: false);

        Assert.Equal(TimeSpan.FromSeconds(2), merged.ConnectTimeout.ToTimeSpan());
        Assert.True(merged.CommonLbConfig is { IgnoreNewHostsUntilFirstHc: true, CloseConnectionsOnHostSetChange: true });
        Assert.Equal("a", merged.Name);
        Assert.Equal(targetBefore, target);
        Assert.Equal(patchBefore, patch);
    }

    [Fact]
    public void Merging_a_member_of_a_oneof_drops_the_other_member()
    {
        var merged = MessageMerge.Merge(new RouteAction { Cluster = "a" }, new RouteAction { ClusterHeader = "x" }, replacesLists: false);

        Assert.Equal(RouteAction.ClusterSpecifierOneofCase.ClusterHeader, merged.ClusterSpecifierCase);
    }

    [Fact]
    public void A_wrapped_zero_is_a_value()
    {
        var merged = MessageMerge.Merge(new Envoy.Config.Route.V3.RetryPolicy { NumRetries = 5 }, new Envoy.Config.Route.V3.RetryPolicy { NumRetries = 0 }, replacesLists: false);

        Assert.Equal(0u, merged.NumRetries);
    }

    [Fact]
    public void Maps_take_the_entries_of_the_patch()
    {
        var merged = MessageMerge.Merge(
            new Metadata { FilterMetadata = { ["a"] = new Struct(), ["b"] = new Struct() } },
            new Metadata { FilterMetadata = { ["b"] = Struct.Parser.ParseJson("{\"x\": 1}") } },
            replacesLists: false);

        Assert.Equal(["a", "b"], merged.FilterMetadata.Keys.Order());
        Assert.Equal(1, merged.FilterMetadata["b"].Fields["x"].NumberValue);
    }

    private static IEnumerable<RouteConfiguration> Routes(TranslationResult result) =>
        result.Resources.Where(resource => resource.Name.TypeUrl == XdsTypes.Route).Select(resource => (RouteConfiguration)resource.Message);
}
