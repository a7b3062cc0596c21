using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Configuration.DnsResolution;

namespace Tidegate.Proxy.Tests.Runtime;

/// <summary>DNS clusters: edge.md B10.</summary>
public sealed class DnsDiscoveryTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RuntimeConfiguration _configuration;
    private readonly ConcurrentDictionary<string, string> _zone = new();
    private readonly SemaphoreSlim _changes = new(0);
    private readonly SemaphoreSlim _asked = new(0);

    public DnsDiscoveryTests()
    {
        _configuration = new RuntimeConfiguration(new Bootstrap(), NullLoggerFactory.Instance, _time, LookupAsync);
        _configuration.EndpointsChanged += _ => _changes.Release();
    }

    public async ValueTask DisposeAsync()
    {
        await _configuration.DisposeAsync();
        _changes.Dispose();
        _asked.Dispose();
    }

    [Fact]
    public async Task All_addresses_of_all_names_are_endpoints()
    {
        _zone["a.test"] = "10.0.0.1 10.0.0.2";
        _zone["b.test"] = "10.0.0.3";
        Apply("STRICT_DNS", "a.test", "b.test");
        await NextChangeAsync();
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"], Addresses());
        Assert.Equal("a.test", Endpoints()[0].Hostname);
    }

    [Fact]
    public async Task A_logical_cluster_has_the_first_address_only()
    {
        _zone["a.test"] = "10.0.0.2 10.0.0.1";
        Apply("LOGICAL_DNS", "a.test");
        await NextChangeAsync();
        Assert.Equal(["10.0.0.2:80"], Addresses());
    }

    [Fact]
    public async Task B10_an_answer_that_fails_keeps_the_last_one()
    {
        _zone["a.test"] = "10.0.0.1";
        Apply("STRICT_DNS", "a.test");
        await NextChangeAsync();
        RuntimeEndpoint before = Endpoints()[0];

        _zone["a.test"] = "fail";
        await AskAgainAsync();
        _zone["a.test"] = string.Empty;
        await AskAgainAsync();
        Assert.Same(before, Endpoints()[0]);

        _zone["a.test"] = "10.0.0.9";
        await AskAgainAsync();
        await NextChangeAsync();
        Assert.Equal(["10.0.0.9:80"], Addresses());
    }

    [Fact]
    public async Task An_answer_in_another_order_is_no_change()
    {
        _zone["a.test"] = "10.0.0.1 10.0.0.2";
        Apply("STRICT_DNS", "a.test");
        await NextChangeAsync();
        _zone["a.test"] = "10.0.0.2 10.0.0.1";
        await AskAgainAsync();
        _zone["a.test"] = "10.0.0.2 10.0.0.1 10.0.0.3";
        await AskAgainAsync();
        await NextChangeAsync();
        Assert.Equal(0, _changes.CurrentCount);
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"], Addresses());
    }

    [Fact]
    public async Task A_new_version_of_the_cluster_keeps_what_DNS_said()
    {
        _zone["a.test"] = "10.0.0.1";
        Apply("STRICT_DNS", "a.test");
        await NextChangeAsync();
        RuntimeEndpoint before = Endpoints()[0];
        _zone["a.test"] = "fail";
        _zone["b.test"] = "10.0.0.2";
        Apply("STRICT_DNS", "a.test", "b.test");
        Assert.Same(before, Assert.Single(Endpoints()));

        await NextChangeAsync();
        Assert.Equal(["10.0.0.1:80", "10.0.0.2:80"], Addresses());
        Assert.Same(before, Endpoints()[0]);
    }

    [Fact]
    public async Task A_name_is_asked_for_again_when_its_time_to_live_is_over()
    {
        _zone["a.test"] = "10.0.0.1 ttl=7";
        _zone["b.test"] = "10.0.0.2 ttl=1000000";
        Apply("STRICT_DNS", "a.test", "b.test");
        await NextChangeAsync();

        // The first is due after 7 s, the second long after that.
        _zone["a.test"] = "10.0.0.9 ttl=7";
        _zone["b.test"] = "10.0.0.8 ttl=1000000";
        do
        {
            _time.Advance(TimeSpan.FromSeconds(8));
        }
        while (!await _changes.WaitAsync(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));

        Assert.Equal(["10.0.0.2:80", "10.0.0.9:80"], Addresses().Order());
    }

    [Fact]
    public void The_pause_is_the_time_to_live_where_the_cluster_respects_it()
    {
        var random = new Random(1);
        var refresh = new DnsRefresh(TimeSpan.FromSeconds(60), true, TimeSpan.Zero, null, TimeSpan.Zero);
        Assert.Equal(TimeSpan.FromSeconds(30), refresh.After(TimeSpan.FromSeconds(30), random));
        Assert.Equal(TimeSpan.FromSeconds(60), refresh.After(TimeSpan.Zero, random));
        Assert.Equal(TimeSpan.FromSeconds(60), refresh.After(null, random));
        Assert.Equal(TimeSpan.FromSeconds(60), refresh.AfterFailure(3, random));
        Assert.Equal(TimeSpan.FromSeconds(60), (refresh with { RespectsTimeToLive = false }).After(TimeSpan.FromSeconds(30), random));
    }

    [Fact]
    public void The_pause_after_failures_grows_up_to_its_limit()
    {
        var refresh = new DnsRefresh(TimeSpan.FromSeconds(60), true, TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        TimeSpan[] longest = [.. Enumerable.Range(0, 5).Select(before => Enumerable.Range(0, 500).Max(seed => refresh.AfterFailure(before, new Random(seed))))];
        Assert.Equal([1, 2, 4, 5, 5], longest.Select(static pause => (int)Math.Ceiling(pause.TotalSeconds)));
    }

    [Fact]
    public void A_cluster_without_names_is_refused() => Assert.Contains(
        "load_assignment is missing",
        Assert.Single(_configuration.Apply(XdsJson.Delta("1", XdsJson.Parse<Cluster>("{'name': 'c', 'type': 'STRICT_DNS'}"))).Rejections).Reason,
        StringComparison.Ordinal);

    private void Apply(string type, params string[] names)
    {
        string endpoints = string.Join(',', names.Select(static name =>
            $"{{'endpoint': {{'address': {{'socketAddress': {{'address': '{name}', 'portValue': 80}}}}}}}}"));
        Cluster cluster = XdsJson.Parse<Cluster>(
            $"{{'name': 'c', 'type': '{type}', 'dnsLookupFamily': 'V4_ONLY', 'dnsRefreshRate': '60s', 'respectDnsTtl': true, 'loadAssignment': {{'clusterName': 'c', 'endpoints': [{{'lbEndpoints': [{endpoints}]}}]}}}}");
        Assert.Empty(_configuration.Apply(XdsJson.Delta("1", cluster)).Rejections);
    }

    // The clock is turned until DNS is asked once more: when the wait for it begins is up to the thread pool.
    private async Task AskAgainAsync()
    {
        while (await _asked.WaitAsync(0))
        {
        }

        do
        {
            _time.Advance(TimeSpan.FromSeconds(61));
        }
        while (!await _asked.WaitAsync(TimeSpan.FromMilliseconds(20)));
    }

    private async Task NextChangeAsync() => Assert.True(await _changes.WaitAsync(TimeSpan.FromSeconds(30)));

    private IReadOnlyList<RuntimeEndpoint> Endpoints() => _configuration.Clusters[0].Endpoints.All;

    private string[] Addresses() => [.. Endpoints().Select(static endpoint => endpoint.ToString())];

    private Task<DnsRecords> LookupAsync(string name, AddressFamily family, CancellationToken cancellation)
    {
        // Addresses, and perhaps a time to live in seconds: "10.0.0.1 10.0.0.2 ttl=30".
        string[] answer = _zone[name].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _asked.Release();
        TimeSpan? timeToLive = answer.FirstOrDefault(static word => word.StartsWith("ttl=", StringComparison.Ordinal)) is { } ttl
            ? TimeSpan.FromSeconds(int.Parse(ttl.AsSpan(4), System.Globalization.CultureInfo.InvariantCulture))
            : null;
        return answer is ["fail"]
            ? Task.FromException<DnsRecords>(new SocketException((int)SocketError.HostNotFound))
            : Task.FromResult(new DnsRecords([.. answer.Where(static word => !word.StartsWith("ttl=", StringComparison.Ordinal)).Select(IPAddress.Parse)], timeToLive));
    }
}
