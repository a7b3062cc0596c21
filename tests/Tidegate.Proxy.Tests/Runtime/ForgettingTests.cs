using System.Runtime.CompilerServices;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Listener.V3;
using Envoy.Config.Route.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Tls.Secrets;
using Tidegate.Xds;

namespace Tidegate.Proxy.Tests.Runtime;

/// <summary>A gateway runs for months: what is gone from the configuration leaves nothing behind.</summary>
public sealed class ForgettingTests : IAsyncDisposable
{
    private readonly RuntimeConfiguration _configuration = new(new Bootstrap(), NullLoggerFactory.Instance, TimeProvider.System);

    public ValueTask DisposeAsync() => _configuration.DisposeAsync();

    [Fact]
    public void Names_of_clusters_that_nobody_leads_to_are_forgotten_and_their_numbers_used_again()
    {
        var slots = new ClusterSlotTable();
        ClusterSlot held = slots.Of("held");
        for (int round = 0; round < 50; round++)
        {
            Assert.InRange(Ask(slots, round), 0, 2000);
            GC.Collect();
        }

        Assert.InRange(slots.Count, 1, 2000);
        Assert.Same(held, slots.Of("held"));
    }

    [Fact]
    public void A_name_that_is_asked_for_again_has_a_number_of_its_own()
    {
        var slots = new ClusterSlotTable();
        Ask(slots, 0);
        GC.Collect();

        ClusterSlot[] again = [.. Enumerable.Range(0, 100).Select(i => slots.Of($"round 0 name {i}")), .. Enumerable.Range(0, 1000).Select(i => slots.Of($"new {i}"))];

        Assert.Equal(again.Length, again.Select(static slot => slot.Id).Distinct().Count());
    }

    [Fact]
    public void The_place_of_a_cluster_is_the_same_for_its_routes_and_for_itself_however_it_comes_and_goes()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("r", "c"), XdsJson.Listener(routes: "r")));
        ClusterSlot slot = _configuration.RouteTables[0].VirtualHosts[0].Routes[0].ChooseCluster(0);
        for (int i = 0; i < 3; i++)
        {
            _configuration.Apply(XdsJson.Delta("2", XdsJson.EdsCluster("c")));
            Assert.Same(slot, _configuration.Clusters.Single().Slot);
            Assert.NotNull(slot.Current);
            _configuration.Apply(XdsJson.Without("3", XdsJson.EdsCluster("c")));
            Assert.Null(slot.Current);
            GC.Collect();
        }
    }

    [Fact]
    public void Secrets_that_nobody_asks_for_any_more_are_forgotten_with_their_keys()
    {
        Listener listener = WithSecret("kubernetes://of-listener");
        Cluster cluster = XdsJson.EdsCluster("c", """
            , "transportSocket": {"name": "envoy.transport_sockets.tls", "typedConfig": {
              "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
              "commonTlsContext": {"validationContextSdsSecretConfig": {"name": "file-root:of-cluster", "sdsConfig": {"ads": {}}}}}}
            """);
        _configuration.Apply(XdsJson.Delta("1", Routes("r", "c"), listener, cluster));
        Assert.Equal(["file-root:of-cluster", "kubernetes://of-listener"], _configuration.SecretNames.Order());
        SecretSlot slot = _configuration.Listeners["0.0.0.0_8080"].FilterChains[0].Tls!.Secrets.Single();

        // Another secret in its place; the first is still asked for until the listener has the other.
        _configuration.Apply(XdsJson.Delta("2", WithSecret("kubernetes://other")));
        _configuration.Apply(XdsJson.Without("3", cluster, new Secret { Name = "kubernetes://of-listener" }));
        Assert.Equal(["kubernetes://other"], _configuration.SecretNames);

        // Who comes back to the name starts from nothing.
        _configuration.Apply(XdsJson.Delta("4", listener));
        Assert.NotSame(slot, _configuration.Listeners["0.0.0.0_8080"].FilterChains[0].Tls!.Secrets.Single());
    }

    [Fact]
    public void A_secret_that_is_gone_while_it_is_asked_for_keeps_its_place()
    {
        _configuration.Apply(XdsJson.Delta("1", Routes("r", "c"), WithSecret("kubernetes://s")));
        SecretSlot slot = _configuration.Listeners["0.0.0.0_8080"].FilterChains[0].Tls!.Secrets.Single();
        _configuration.Apply(XdsJson.Delta("2", new Secret { Name = "kubernetes://s", ValidationContext = new CertificateValidationContext { SystemRootCerts = new() } }));
        RuntimeSecret? inForce = slot.Current;
        Assert.NotNull(inForce);

        _configuration.Apply(XdsJson.Without("3", new Secret { Name = "kubernetes://s" }));

        Assert.Same(inForce, slot.Current);
        Assert.Equal(["kubernetes://s"], _configuration.SecretNames);
        Assert.Empty(_configuration.AppliedOf(XdsTypes.Secret));
    }

    [Fact]
    public void What_is_noted_of_resources_is_said_once_for_as_long_as_one_has_it()
    {
        var notes = new NoteBook();
        XdsName first = new(XdsTypes.Listener, "first"), second = new(XdsTypes.Listener, "second");

        Assert.Equal(["a", "b"], notes.Replace(first, ["a", "b", "a"]));
        Assert.Empty(notes.Replace(first, ["b", "a"]));
        Assert.Equal(["c"], notes.Replace(second, ["a", "c"]));
        Assert.Empty(notes.Replace(first, []));
        Assert.Equal(["b"], notes.Replace(second, ["a", "b"]));
        Assert.Empty(notes.Replace(second, []));
        Assert.Equal(["a"], notes.Replace(first, ["a"]));
    }

    // The greatest number of some names that nobody holds when it returns.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Ask(ClusterSlotTable slots, int round) => Enumerable.Range(0, 900).Max(i => slots.Of($"round {round} name {i}").Id);

    private static Listener WithSecret(string name) => XdsJson.Listener(routes: "r", chain: $$$$"""
        , "transportSocket": {"name": "envoy.transport_sockets.tls", "typedConfig": {
          "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
          "commonTlsContext": {"tlsCertificateSdsSecretConfigs": [{"name": "{{{{name}}}}", "sdsConfig": {"ads": {}}}]}}}
        """);

    private static RouteConfiguration Routes(string name, string cluster) => XdsJson.Parse<RouteConfiguration>(
        $"{{'name': '{name}', 'virtualHosts': [{{'name': 'h', 'domains': ['*'], 'routes': [{{'match': {{'prefix': '/'}}, 'route': {{'cluster': '{cluster}'}}}}]}}]}}");
}
