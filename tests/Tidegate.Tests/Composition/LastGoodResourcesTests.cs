using Envoy.Config.Route.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Composition;
using Tidegate.Xds;

namespace Tidegate.Tests.Composition;

public sealed class LastGoodResourcesTests : IDisposable
{
    private static readonly XdsName Name = new(XdsTypes.Route, "http.8080");

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"tidegate-test-{Guid.NewGuid():N}");

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public void What_is_kept_is_there_after_a_restart_and_for_its_owner_alone()
    {
        var routes = new RouteConfiguration { Name = Name.Name, VirtualHosts = { new VirtualHost { Name = "shop", Domains = { "shop.test" } } } };
        Start().Write(Name, routes);

        LastGoodResources again = Start();

        Assert.Equal([Name], again.Names);
        Assert.Equal(routes, again.Read(Name));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Assert.Single(Directory.GetFiles(_folder))));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder));
    }

    [Fact]
    public void What_is_forgotten_leaves_nothing_behind()
    {
        LastGoodResources store = Start();
        Assert.False(Directory.Exists(_folder)); // nothing is refused, nothing is written
        store.Write(Name, new RouteConfiguration());
        store.Write(Name, null);

        Assert.Empty(Directory.GetFiles(_folder));
        Assert.Empty(store.Names);
        Assert.Null(store.Read(Name));
    }

    [Fact]
    public void A_file_that_cannot_be_read_costs_itself()
    {
        Start().Write(Name, new RouteConfiguration());
        File.WriteAllText(Path.Combine(_folder, "other.pb"), "no resource");

        Assert.Equal([Name], Start().Names);
    }

    private LastGoodResources Start() => new(_folder, NullLogger.Instance);
}
