using Envoy.Config.Cluster.V3;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Translation;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Snapshots;

public sealed class XdsSnapshotTests
{
    [Fact]
    public void Everything_is_new_to_a_proxy_that_has_nothing()
    {
        var delta = Snapshot("a", "b").ChangesSince(XdsSnapshot.Empty);
        Assert.Equal(["a", "b"], delta.Changed.Select(resource => resource.Name.Name));
        Assert.Empty(delta.Removed);
    }

    [Fact]
    public void A_resource_with_the_same_content_is_not_sent_again()
    {
        Assert.True(Snapshot("a").ChangesSince(Snapshot("a")).IsEmpty);
    }

    [Fact]
    public void What_is_gone_is_removed_and_what_is_other_is_changed()
    {
        var before = Snapshot("a", "b");
        var after = new XdsSnapshot([Resource("a", "other"), Resource("c")]);
        var delta = after.ChangesSince(before);
        Assert.Equal(["a", "c"], delta.Changed.Select(resource => resource.Name.Name));
        Assert.Equal(["b"], delta.Removed.Select(name => name.Name));
    }

    [Fact]
    public void Clusters_come_before_routes_and_routes_before_listeners_and_leave_in_the_opposite_order()
    {
        var types = new[] { XdsTypes.Listener, XdsTypes.Route, XdsTypes.Cluster, XdsTypes.Endpoint };
        var all = new XdsSnapshot(types.Select(type => new XdsResource(new XdsName(type, "x"), "1", new Cluster())));
        Assert.Equal(
            [XdsTypes.Cluster, XdsTypes.Endpoint, XdsTypes.Route, XdsTypes.Listener],
            all.ChangesSince(XdsSnapshot.Empty).Changed.Select(resource => resource.Name.TypeUrl));
        Assert.Equal(
            [XdsTypes.Listener, XdsTypes.Route, XdsTypes.Endpoint, XdsTypes.Cluster],
            XdsSnapshot.Empty.ChangesSince(all).Removed.Select(name => name.TypeUrl));
    }

    [Fact]
    public void The_version_is_the_same_however_the_snapshot_came_about()
    {
        var before = Snapshot("a", "b");
        var after = new XdsSnapshot([Resource("c"), Resource("a", "other")]);
        after.ChangesSince(before);
        Assert.Equal(new XdsSnapshot([Resource("a", "other"), Resource("c")]).Version, after.Version);
        Assert.NotEqual(before.Version, after.Version);
    }

    private static XdsSnapshot Snapshot(params string[] names) => new(names.Select(name => Resource(name)));

    private static XdsResource Resource(string name, string altStatName = "")
    {
        var cluster = new Cluster { Name = name, AltStatName = altStatName };
        return new XdsResource(new XdsName(XdsTypes.Cluster, name), ContentHash.Of(cluster).ToString(), cluster);
    }
}
