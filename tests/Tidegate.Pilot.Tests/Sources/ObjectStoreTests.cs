using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;

namespace Tidegate.Pilot.Tests.Sources;

public sealed class ObjectStoreTests
{
    private readonly ObjectStore _store = new(NullLogger<ObjectStore>.Instance, TimeProvider.System);
    private readonly ObjectFeed _feed;
    private readonly List<ObjectSetChange> _changes = [];

    public ObjectStoreTests()
    {
        _feed = _store.Join();
        _store.Changed += _changes.Add;
    }

    [Fact]
    public void The_first_scan_is_a_change_even_when_it_is_empty()
    {
        Assert.False(_store.IsLoaded);
        _feed.Update(new Dictionary<string, Manifest>(), []);
        Assert.True(_store.IsLoaded);
        Assert.Single(_changes);
    }

    [Fact]
    public void Nothing_is_in_force_before_all_sources_are_synchronized()
    {
        ObjectFeed cluster = _store.Join();
        Update(("a.yaml", Route("x", "file.test")));
        Assert.False(_store.IsLoaded);
        Assert.Empty(_changes);
        Assert.Empty(_store.Current.Everything());

        cluster.Update(new Dictionary<string, Manifest> { ["cluster"] = new ManifestReader("default").Read("cluster", Route("z", "cluster.test")) }, []);
        Assert.True(_store.IsLoaded);
        Assert.Equal(["x", "z"], Assert.Single(_changes).Changed.Select(key => key.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_source_that_joins_later_holds_up_nothing()
    {
        Update(("a.yaml", Route("x", "one.test")));
        _store.Join();
        Update(("a.yaml", Route("x", "two.test")));
        Assert.Equal("two.test", HostOf("x"));
    }

    [Fact]
    public void The_same_object_of_two_sources_is_that_of_the_first_unit_by_name()
    {
        Update(("a.yaml", Route("x", "file.test")));
        ObjectFeed cluster = _store.Join();
        cluster.Update(new Dictionary<string, Manifest> { ["cluster"] = new ManifestReader("default").Read("cluster", Route("x", "cluster.test")) }, []);
        Assert.Equal("file.test", HostOf("x"));
        _feed.Update(new Dictionary<string, Manifest>(), ["a.yaml"]);
        Assert.Equal("cluster.test", HostOf("x"));
    }

    [Fact]
    public void A_wrong_object_keeps_its_last_good_version_and_holds_up_no_other()
    {
        Update(("a.yaml", Route("x", "one.test") + Route("z", "two.test")));
        Update(("a.yaml", Route("x", "broken.test", timeout: "soon") + Route("z", "new.test")));

        Assert.Equal("one.test", HostOf("x"));
        Assert.Equal("new.test", HostOf("z"));
        Assert.Equal(["VirtualService default/z"], _changes[^1].Changed.Select(key => key.ToString()));
        Assert.Single(_store.Diagnostics);

        Update(("a.yaml", Route("x", "mended.test") + Route("z", "new.test")));
        Assert.Equal("mended.test", HostOf("x"));
        Assert.Empty(_store.Diagnostics);
    }

    [Fact]
    public void A_wrong_object_that_never_was_right_is_not_there()
    {
        Update(("a.yaml", Route("x", "broken.test", timeout: "soon") + Route("z", "two.test")));

        Assert.Null(Find("x"));
        Assert.Equal("two.test", HostOf("z"));
    }

    [Fact]
    public void A_file_that_is_no_YAML_any_more_removes_nothing()
    {
        Update(("a.yaml", Route("x", "one.test") + Route("z", "two.test")));
        Update(("a.yaml", Route("x", "new.test") + "---\na: [\n"));

        Assert.Equal("new.test", HostOf("x"));
        Assert.Equal("two.test", HostOf("z"));
    }

    [Fact]
    public void An_object_that_is_taken_out_of_its_file_is_gone()
    {
        Update(("a.yaml", Route("x", "one.test") + Route("z", "two.test")));
        Update(("a.yaml", Route("z", "two.test")));

        Assert.Null(Find("x"));
        Assert.Equal(["VirtualService default/x"], _changes[^1].Changed.Select(key => key.ToString()));
    }

    [Fact]
    public void Of_two_files_with_one_object_the_first_by_name_has_it()
    {
        Update(("b.yaml", Route("x", "b.test")));
        Update(("a.yaml", Route("x", "a.test")));
        Assert.Equal("a.test", HostOf("x"));

        _feed.Update(new Dictionary<string, Manifest>(), ["a.yaml"]);
        Assert.Equal("b.test", HostOf("x"));
    }

    [Fact]
    public void What_says_the_same_is_no_change_and_keeps_its_place_up_to_date()
    {
        Update(("a.yaml", Route("x", "one.test")));
        Resource before = Find("x")!;
        int changes = _changes.Count;

        Update(("a.yaml", "# a comment\n\n" + Route("x", "one.test")));

        Assert.Equal(changes, _changes.Count);
        Assert.Same(before, Find("x"));
        Assert.Equal(8, Find("x")!.Origin.LineOf("spec.hosts"));
    }

    // Few files and few names, so that objects meet.
    [Fact]
    public void After_any_changes_the_objects_are_those_of_a_fresh_start()
    {
        var random = new Random(7);
        var now = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int step = 0; step < 300; step++)
        {
            string file = $"{(char)('a' + random.Next(4))}.yaml";
            if (random.Next(4) == 0)
            {
                now.Remove(file);
                _feed.Update(new Dictionary<string, Manifest>(), [file]);
            }
            else
            {
                now[file] = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Route($"r{random.Next(7)}", $"{file}{random.Next(3)}.test")));
                Update((file, now[file]));
            }

            var fresh = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
            fresh.Join().Update(now.ToDictionary(pair => pair.Key, pair => new ManifestReader("default").Read(pair.Key, pair.Value)), []);
            Assert.Equal(Described(fresh), Described(_store));
            Assert.Equal(fresh.Diagnostics, _store.Diagnostics);
        }
    }

    private static string[] Described(ObjectStore store) =>
        [.. store.Current.All<VirtualService>().Select(found => $"{found.Name} {found.Spec.Hosts[0]} {found.Origin}").Order(StringComparer.Ordinal)];

    private void Update(params (string File, string Text)[] files) => _feed.Update(
        files.ToDictionary(file => file.File, file => new ManifestReader("default").Read(file.File, file.Text)), []);

    private VirtualService? Find(string name) =>
        (VirtualService?)_store.Current.Everything().SingleOrDefault(resource => resource.Name == name);

    private string HostOf(string name) => Find(name)!.Spec.Hosts[0];

    private static string Route(string name, string host, string timeout = "1s") =>
        $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: { name: {{name}} }
        spec:
          hosts: [{{host}}]
          http:
          - timeout: {{timeout}}
            route: [{ destination: { host: backend } }]

        """;
}
