using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Sources.Kubernetes;

namespace Tidegate.Pilot.Tests.Sources.Kubernetes;

/// <summary>A cluster as the source of objects: whatever its API server answers, what is known stays, and in the end it is what the server has (kubernetes-api-recorded.md, 1 to 4).</summary>
public sealed class ClusterSourceTests : IAsyncDisposable
{
    private static readonly TimeSpan RealTime = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("tidegate-cluster").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 30, 0, 0, 0, TimeSpan.Zero));
    private readonly FakeCluster _cluster = new();
    private readonly List<ClusterSource> _sources = [];
    private ObjectStore _store = new(NullLogger<ObjectStore>.Instance, TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterSource source in _sources)
        {
            await source.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Objects_are_in_force_when_all_kinds_are_listed_and_follow_the_cluster()
    {
        _cluster.PageObjects = 2;
        for (int i = 0; i < 7; i++)
        {
            _cluster.Put($"vs-{i}", $"h{i}.test");
        }

        bool isHeld = true;
        _cluster.Fault = path => Volatile.Read(ref isHeld) && path.Contains("/authorizationpolicies", StringComparison.Ordinal) ? new FakeFault(FakeFaultKind.Status, 403, """{"message":"is forbidden"}""") : null;
        Start();
        await UntilAsync(() => _cluster.Asked.ToArray().Count(static path => path.Contains("/authorizationpolicies", StringComparison.Ordinal)) > 2);
        Assert.False(_store.IsLoaded);

        Volatile.Write(ref isHeld, false);
        await ConvergedAsync();

        _cluster.Put("vs-1", "changed.test");
        _cluster.Put("vs-new", "new.test");
        _cluster.Delete("virtualservices", "vs-2");
        await ConvergedAsync();
        Assert.Contains("vs-1 changed.test", Hosts());
        Assert.DoesNotContain(_store.Diagnostics, static diagnostic => diagnostic.Message.Contains("managedFields", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(nameof(FakeFaultKind.Refused), 0, "")]
    [InlineData(nameof(FakeFaultKind.Hang), 0, "")]
    [InlineData(nameof(FakeFaultKind.Status), 500, "")]
    [InlineData(nameof(FakeFaultKind.Status), 401, """{"kind":"Status","message":"Unauthorized"}""")]
    [InlineData(nameof(FakeFaultKind.Status), 404, "<html>nothing here</html>")]
    [InlineData(nameof(FakeFaultKind.Status), 429, """{"kind":"Status","message":"storage is (re)initializing"}""")]
    [InlineData(nameof(FakeFaultKind.Body), 0, "")]
    [InlineData(nameof(FakeFaultKind.Body), 0, "{}")]
    [InlineData(nameof(FakeFaultKind.Body), 0, "[1]")]
    [InlineData(nameof(FakeFaultKind.Body), 0, "<html>welcome</html>")]
    [InlineData(nameof(FakeFaultKind.Body), 0, """{"kind":"VirtualServiceList","metadata":{},"items":[]}""")]
    [InlineData(nameof(FakeFaultKind.Body), 0, """{"kind":"VirtualServiceList","metadata":{"resourceVersion":"9"},"items":[{"metadata":{}}]}""")]
    [InlineData(nameof(FakeFaultKind.Body), 0, """{"kind":"VirtualServiceList","metadata":{"resourceVersion":"9"},"items":[""")]
    [InlineData(nameof(FakeFaultKind.Body), 0, "{\"type\":\"ADDED\"}\n")]
    [InlineData(nameof(FakeFaultKind.Body), 0, "{\"type\":\"GONE\",\"object\":{\"metadata\":{\"resourceVersion\":\"999999\"}}}\n")]
    [InlineData(nameof(FakeFaultKind.Body), 0, "{\"type\":\"ERROR\",\"object\":{\"code\":500,\"message\":\"etcdserver: leader changed\"}}\n")]
    public async Task What_an_API_server_does_wrong_takes_nothing_away(string kind, int value, string text)
    {
        _cluster.Put("a", "a.test");
        _cluster.Put("b", "b.test");
        Start();
        await ConvergedAsync();

        // 1. From now on everything goes wrong, and where the watches were is forgotten.
        var fault = new FakeFault(Enum.Parse<FakeFaultKind>(kind), value, text);
        int asked = 0;
        _cluster.Fault = path =>
        {
            Interlocked.Increment(ref asked);
            return fault;
        };
        _cluster.Restart();
        _cluster.Put("a", "other.test");
        _cluster.Delete("virtualservices", "b");
        await UntilAsync(() => Volatile.Read(ref asked) > 30);
        Assert.Equal(["a a.test", "b b.test"], Hosts());

        // 2. And then it does not.
        _cluster.Fault = static _ => null;
        await ConvergedAsync();
    }

    [Theory]
    [InlineData(nameof(FakeFaultKind.WatchEnd))]
    [InlineData(nameof(FakeFaultKind.WatchCut))]
    [InlineData(nameof(FakeFaultKind.WatchStall))]
    [InlineData(nameof(FakeFaultKind.WatchTwice))]
    public async Task A_watch_goes_on_where_it_was(string kind)
    {
        _cluster.Put("a", "a.test");
        _cluster.Fault = path => path.Contains("watch=true", StringComparison.Ordinal) ? new FakeFault(Enum.Parse<FakeFaultKind>(kind), 1) : null;
        Start();
        await ConvergedAsync();
        int lists = Lists();
        for (int i = 0; i < 5; i++)
        {
            _cluster.Put($"vs-{i % 3}", $"h{i}.test");
            _cluster.Bookmark("virtualservices");
        }

        await ConvergedAsync();
        Assert.Equal(lists, Lists());

        int Lists() => _cluster.Asked.ToArray().Count(static path => path.Contains("/virtualservices?limit", StringComparison.Ordinal));
    }

    [Fact]
    public async Task After_a_month_of_faults_the_objects_are_those_of_the_cluster()
    {
        var random = new Random(20261130);
        _cluster.PageObjects = 5;
        for (int i = 0; i < 20; i++)
        {
            _cluster.Put($"vs-{i}", $"h{i}.test");
        }

        Start();
        await ConvergedAsync();
        FakeFault?[] faults =
        [
            null, null, null,
            new(FakeFaultKind.Refused), new(FakeFaultKind.Hang), new(FakeFaultKind.Status, 500), new(FakeFaultKind.Status, 429), new(FakeFaultKind.Status, 503, "text"), new(FakeFaultKind.Status, 404),
            new(FakeFaultKind.Body, 0, "{\"kind\":"), new(FakeFaultKind.WatchEnd, 2), new(FakeFaultKind.WatchCut, 1), new(FakeFaultKind.WatchStall, 1), new(FakeFaultKind.WatchTwice),
        ];
        for (int day = 0; day < 31; day++)
        {
            var today = new Random(day);
            _cluster.Fault = _ =>
            {
                lock (today)
                {
                    return faults[today.Next(faults.Length)];
                }
            };
            for (int step = 0; step < 20; step++)
            {
                string name = $"vs-{random.Next(25)}";
                switch (random.Next(8))
                {
                    case 0:
                        _cluster.Delete("virtualservices", name);
                        break;
                    case 1:
                        _cluster.Bookmark("virtualservices");
                        break;
                    case 2 when random.Next(3) == 0:
                        _cluster.Restart();
                        break;
                    default:
                        _cluster.Put(name, $"d{day}s{step}.test");
                        break;
                }

                _time.Advance(TimeSpan.FromSeconds(random.Next(300)));
                await Task.Yield();
            }

            _cluster.Fault = static _ => null;
            await ConvergedAsync();
        }
    }

    [Fact]
    public async Task A_kind_may_come_and_go()
    {
        string[] kinds = _cluster.Groups["networking.istio.io"];
        _cluster.Groups.Remove("networking.istio.io");
        _cluster.Put("a", "a.test");
        Start();
        await UntilAsync(() => _store.IsLoaded);
        Assert.Empty(Hosts());

        _cluster.Groups["networking.istio.io"] = kinds;
        await ConvergedAsync();

        _cluster.Groups.Remove("networking.istio.io");
        _cluster.Restart();
        await UntilAsync(() => Hosts().Length == 0);
    }

    [Fact]
    public async Task A_copy_serves_while_the_API_server_is_away()
    {
        _cluster.Put("a", "a.test");
        _cluster.Put("b", "b.test");
        Start();
        await ConvergedAsync();
        await StopAsync();

        _cluster.Fault = static _ => new FakeFault(FakeFaultKind.Refused);
        _cluster.Put("a", "newer.test");
        _cluster.Delete("virtualservices", "b");
        Start();
        await UntilAsync(() => _store.IsLoaded);
        Assert.Equal(["a a.test", "b b.test"], Hosts());

        _cluster.Fault = static _ => null;
        await ConvergedAsync();
        Assert.All(Directory.GetFiles(_folder), static path => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
    }

    [Fact]
    public async Task Without_a_copy_nothing_is_in_force_before_the_API_server_has_answered()
    {
        _cluster.Put("a", "a.test");
        _cluster.Fault = static _ => new FakeFault(FakeFaultKind.Refused);
        Start();
        DateTimeOffset end = _time.GetUtcNow() + TimeSpan.FromMinutes(3);
        await UntilAsync(() => _time.GetUtcNow() > end);
        Assert.False(_store.IsLoaded);

        _cluster.Fault = static _ => null;
        await ConvergedAsync();
    }

    [Fact]
    public async Task A_wrong_object_keeps_its_last_good_version()
    {
        _cluster.Put("a", "a.test");
        Start();
        await ConvergedAsync();
        _cluster.Put("a", "b.test", timeout: "soon");
        await UntilAsync(() => _store.Diagnostics.Count > 0);
        Assert.StartsWith("kubernetes: VirtualService shop/a: spec.http[0].timeout: ", _store.Diagnostics[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(["a a.test"], Hosts());
    }

    [Fact]
    public async Task What_has_not_changed_is_the_same_object_after_everything_was_listed_again()
    {
        _cluster.Put("a", "a.test");
        Start();
        await ConvergedAsync();
        VirtualService before = Assert.Single(_store.Current.All<VirtualService>());
        _cluster.Restart();
        _cluster.Put("b", "b.test");
        await ConvergedAsync();
        Assert.Same(before, _store.Current.Find<VirtualService>("shop", "a"));
    }

    [Fact]
    public async Task Secrets_are_asked_for_in_their_namespaces_alone()
    {
        Start();
        await UntilAsync(() => _store.IsLoaded);
        string[] asked = [.. _cluster.Asked.ToArray().Where(static path => path.Contains("secrets", StringComparison.Ordinal)).Select(static path => path.Split('?')[0]).Distinct()];
        Assert.Equal(["/api/v1/namespaces/istio-system/secrets"], asked);
        Assert.Contains(_cluster.Asked.ToArray(), static path => path.StartsWith("/api/v1/namespaces/istio-system/configmaps?limit=", StringComparison.Ordinal) && path.Contains("metadata.name%3Distio", StringComparison.Ordinal));
    }

    private void Start()
    {
        _store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        var source = new ClusterSource(_cluster, new ClusterSourceOptions { CopyFolder = _folder }, _store, NullLogger<ClusterSource>.Instance, new BackgroundWork(NullLogger.Instance, _time));
        _sources.Add(source);
        source.Start();
    }

    private async Task StopAsync()
    {
        await _sources[^1].DisposeAsync();
        _sources.Clear();
    }

    private string[] Hosts() => [.. _store.Current.All<VirtualService>().Select(static found => $"{found.Name} {found.Spec.Hosts[0]}").Order(StringComparer.Ordinal)];

    private Task ConvergedAsync() => UntilAsync(() => _store.IsLoaded && Hosts().SequenceEqual(_cluster.Hosts));

    // The clock goes on by itself, so that all waiting comes to its end.
    private async Task UntilAsync(Func<bool> holds)
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < RealTime, string.Create(CultureInfo.InvariantCulture, $"still: {string.Join(", ", Hosts())}; the cluster has {string.Join(", ", _cluster.Hosts)}"));
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }
    }
}
