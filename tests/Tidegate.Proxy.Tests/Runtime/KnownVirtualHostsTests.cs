using System.Text;
using Envoy.Config.Route.V3;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Runtime;
using Tidegate.Xds;

namespace Tidegate.Proxy.Tests.Runtime;

/// <summary>A new version of a route configuration takes over what has not changed, and serves as if it had been compiled whole.</summary>
public sealed class KnownVirtualHostsTests
{
    private static readonly VirtualHost[] Hosts =
    [
        Host("a", "a.com", "*.a.com"), Host("b", "b.com", "b.*"), Host("c", "c.com"), Host("d", "*"),
        Host("a", "a.com", "*.a.com"), // says the same as the first and is another message
        Host("a", "a.org"), Host("e", "a.com"), Host("f", "C.com"), Host("g"),
    ];

    private static readonly string[] Names = ["a.com", "x.a.com", "b.com", "b.x", "c.com", "a.org", "other"];

    private readonly RouteCompiler _compiler = new(FilterParts.Of(new ClusterSlotTable()));

    [Fact]
    public void Only_the_virtual_host_that_changed_is_compiled()
    {
        RouteTable before = Compile(null, Hosts[0], Hosts[1], Hosts[2]);
        VirtualHost changed = Host("b", "b.com", "b.*");
        RouteTable after = Compile(before, Hosts[0], changed, Hosts[2]);

        Assert.Same(before.VirtualHosts[0], after.VirtualHosts[0]);
        Assert.Same(before.VirtualHosts[2], after.VirtualHosts[2]);
        Assert.Same(changed, after.FindVirtualHost("b.com"u8)!.Source);
        Assert.Same(changed, after.FindVirtualHost("b.x"u8)!.Source);
        Assert.Same(Hosts[1], before.FindVirtualHost("b.com"u8)!.Source);
    }

    [Fact]
    public void A_virtual_host_that_comes_or_goes_leaves_the_others_as_they_are()
    {
        RouteTable before = Compile(null, Hosts[0], Hosts[1], Hosts[2]);

        RouteTable fewer = Compile(before, Hosts[1], Hosts[2]);
        RouteTable more = Compile(before, Hosts[0], Hosts[3], Hosts[1], Hosts[2]);

        Assert.Equal(before.VirtualHosts.Skip(1), fewer.VirtualHosts);
        Assert.Equal(before.VirtualHosts, more.VirtualHosts.Where(host => host.Name != "d"));
        Assert.Null(fewer.FindVirtualHost("a.com"u8));
    }

    [Fact]
    public void What_is_said_for_all_virtual_hosts_compiles_them_again()
    {
        RouteTable before = Compile(null, Hosts[0]);
        var configuration = new RouteConfiguration { Name = "r", VirtualHosts = { Hosts[0] }, ResponseHeadersToRemove = { "server" } };

        RouteTable after = _compiler.Compile(configuration, new CompileReport().Root, before);

        Assert.NotSame(before.VirtualHosts[0], after.VirtualHosts[0]);
    }

    [Property(MaxTest = 500)]
    public Property It_serves_and_refuses_as_if_it_were_compiled_whole() => Prop.ForAll(
        Gen.Elements(Hosts).ListOf().ListOf().ToArbitrary(),
        versions =>
        {
            RouteTable? before = null;
            foreach (IEnumerable<VirtualHost> version in versions)
            {
                VirtualHost[] hosts = [.. version.Take(5)];
                RouteTable whole = Compile(null, out IReadOnlyList<XdsRefusedUnit> refused, hosts);
                RouteTable after = Compile(before, out IReadOnlyList<XdsRefusedUnit> sameRefused, hosts);
                Assert.Equal(refused, sameRefused);
                foreach (byte[] name in Names.Select(Encoding.ASCII.GetBytes))
                {
                    Assert.Same(whole.FindVirtualHost(name)?.Source, after.FindVirtualHost(name)?.Source);
                }

                before = after;
            }
        });

    private static VirtualHost Host(string name, params string[] domains) => new()
    {
        Name = name,
        Domains = { domains },
        Routes = { new Route { Match = new RouteMatch { Prefix = "/" }, Route_ = new RouteAction { Cluster = name } } },
    };

    private RouteTable Compile(RouteTable? before, params VirtualHost[] hosts) => Compile(before, out _, hosts);

    private RouteTable Compile(RouteTable? before, out IReadOnlyList<XdsRefusedUnit> refused, params VirtualHost[] hosts)
    {
        var report = new CompileReport();
        RouteTable table = _compiler.Compile(new RouteConfiguration { Name = "r", VirtualHosts = { hosts } }, report.Root, before);
        refused = report.LeftOut;
        return table;
    }
}
