using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;

namespace Tidegate.Pilot.Tests.Sources;

public sealed class LastGoodObjectsTests : IDisposable
{
    private const string Good = """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: shop
          labels: {version: "1", plain: 2x}
        spec:
          hosts: ['shop.test', "*.shop.test"]
          http:
          - match: [{uri: {regex: "/a\\d+"}}]
            timeout: 1.5s
            route:
            - destination: {host: shop, port: {number: 80}}
              weight: 100
            retries: {attempts: 3, perTryTimeout: null}

        """;

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"tidegate-test-{Guid.NewGuid():N}", "state");

    public void Dispose()
    {
        if (Directory.Exists(Path.GetDirectoryName(_folder)))
        {
            Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
        }
    }

    [Fact]
    public void A_wrong_object_keeps_its_last_good_version_through_a_restart()
    {
        ObjectStore store = Start();
        Update(store, Good);
        Resource before = Assert.Single(store.Current.Everything());
        Assert.False(Directory.Exists(_folder)); // nothing is wrong, nothing is written
        Update(store, Good.Replace("number: 80", "number: eighty", StringComparison.Ordinal));

        ObjectStore restarted = Start();
        Update(restarted, Good.Replace("number: 80", "number: eighty", StringComparison.Ordinal));

        var remembered = Assert.IsType<VirtualService>(Assert.Single(restarted.Current.Everything()));
        Assert.Equal(((VirtualService)before).Spec.ToString(), remembered.Spec.ToString());
        Assert.Equal(before.Metadata.Labels, remembered.Metadata.Labels);
        Assert.Equal("shop", remembered.Namespace);
        Assert.Equal(80u, remembered.Spec.Http[0].Route[0].Destination!.Port);
    }

    [Fact]
    public void An_object_that_is_mended_or_gone_is_forgotten()
    {
        ObjectStore store = Start();
        Update(store, Good);
        Update(store, "a: [\n");
        Assert.Single(Directory.GetFiles(_folder));
        Update(store, Good);
        Assert.Empty(Directory.GetFiles(_folder));

        Update(store, "a: [\n");
        store.Join().Update(new Dictionary<string, Manifest>(), ["shop.yaml"]);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void What_is_remembered_is_for_the_user_alone()
    {
        ObjectStore store = Start();
        Update(store, Good);
        Update(store, "a: [\n");

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(_folder))));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Fact]
    public void A_broken_memory_costs_nothing_else()
    {
        ObjectStore store = Start();
        Update(store, Good);
        Update(store, "a: [\n");
        File.WriteAllText(Assert.Single(Directory.GetFiles(_folder)), "{\"apiVersion\":");

        ObjectStore restarted = Start();
        Update(restarted, "a: [\n---\n" + Good.Replace("name: shop", "name: other", StringComparison.Ordinal));

        Assert.Equal("other", Assert.Single(restarted.Current.Everything()).Name);
    }

    private ObjectStore Start() =>
        new(NullLogger<ObjectStore>.Instance, TimeProvider.System, new LastGoodObjects(_folder, NullLogger<LastGoodObjects>.Instance));

    private static void Update(ObjectStore store, string text) =>
        store.Join().Update(new Dictionary<string, Manifest> { ["shop.yaml"] = new ManifestReader("shop").Read("shop.yaml", text) }, []);
}
