using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Cluster.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Telemetry.Statistics;

/// <summary>What is told of configuration that comes, changes and goes (operator-envoy.md, section 1; more.md, I).</summary>
public sealed class ConfigurationTests : IAsyncDisposable
{
    // XXH64 of "1", as the recorded run has it.
    private const ulong VersionOne = 13237225503670494420;

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000));
    private readonly ProxyServer _proxy;

    public ConfigurationTests() =>
        _proxy = ProxyServer.Create(new ProxyOptions { Concurrency = 2, BindAddress = IPAddress.Loopback }, new Bootstrap(), NullLoggerFactory.Instance, _time);

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Fact]
    public async Task Clusters_and_their_endpoints_are_counted_as_they_come_change_and_go()
    {
        await _proxy.StartAsync();
        Cluster without = XdsJson.EdsCluster("without");
        await ApplyAsync(XdsJson.Delta("1", XdsJson.EdsCluster("a"), without, XdsJson.Assignment("a", "127.0.0.1:1", "127.0.0.2:1*3"), XdsJson.Assignment("without")));

        Assert.Equal((2, 0, 0, 2), (Stat("cluster_manager.cluster_added"), Stat("cluster_manager.cluster_modified"), Stat("cluster_manager.cluster_removed"), Stat("cluster_manager.active_clusters")));
        Assert.Equal((1, 1, VersionOne), (Stat("cluster_manager.cds.update_success"), Stat("cluster_manager.cds.config_reload"), (ulong)Stat("cluster_manager.cds.version")));
        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), Stat("cluster_manager.cds.update_time"));
        Assert.Equal((1, 1, 0, 1), OfEndpoints("a"));
        Assert.Equal((1, 1, 1, 0), OfEndpoints("without"));
        Assert.Equal((2, 2, 3), (Stat("cluster.a.membership_total"), Stat("cluster.a.membership_healthy"), Stat("cluster.a.max_host_weight")));
        Assert.Equal((_time.GetUtcNow().ToUnixTimeMilliseconds(), VersionOne), (Stat("cluster.a.update_time"), (ulong)Stat("cluster.a.version")));

        // The same endpoints, one of them with another weight: other endpoints, and none that came or went.
        await ApplyAsync(XdsJson.Delta("2", XdsJson.Assignment("a", "127.0.0.1:1", "127.0.0.2:1*5")));
        Assert.Equal((2, 2, 0, 1), OfEndpoints("a"));
        Assert.Equal((5, 1), (Stat("cluster.a.max_host_weight"), Stat("cluster_manager.cluster_updated")));

        await ApplyAsync(XdsJson.Delta("3", XdsJson.EdsCluster("a", ", \"altStatName\": \"\""), XdsJson.Assignment("a", "127.0.0.3:1")));
        Assert.Equal((3, 3, 0, 2), OfEndpoints("a"));
        Assert.Equal(1, Stat("cluster_manager.cluster_modified"));

        await ApplyAsync(XdsJson.Without("4", without));
        Assert.Equal((1, 1), (Stat("cluster_manager.cluster_removed"), Stat("cluster_manager.active_clusters")));
    }

    [Fact]
    public async Task A_refused_assignment_is_counted_for_the_clusters_that_it_is_for()
    {
        await _proxy.StartAsync();
        await _proxy.ApplyAsync(XdsJson.Delta("1", XdsJson.EdsCluster("a"), XdsJson.Assignment("a", "not-an-address:1")));

        Assert.Equal((1, 0, 1), (Stat("cluster.a.update_attempt"), Stat("cluster.a.update_success"), Stat("cluster.a.update_rejected")));
    }

    [Fact]
    public async Task Listeners_are_counted_as_they_come_change_and_go()
    {
        await _proxy.StartAsync();
        Envoy.Config.Route.V3.RouteConfiguration routes = XdsJson.Parse<Envoy.Config.Route.V3.RouteConfiguration>("{'name': 'http.8080'}");
        int port = FreePort();
        await ApplyAsync(XdsJson.Delta("1", routes, XdsJson.Listener("l", port)));
        Assert.Equal((1, 0, 2, 1), (Manager("listener_added"), Manager("listener_modified"), Manager("listener_create_success"), Manager("total_listeners_active")));

        await ApplyAsync(XdsJson.Delta("2", XdsJson.Listener("l", port, manager: ", \"serverName\": \"other\"")));
        await ApplyAsync(XdsJson.Delta("3", XdsJson.Listener("l", FreePort())));
        Assert.Equal((1, 2, 1, 4), (Manager("listener_added"), Manager("listener_modified"), Manager("listener_in_place_updated"), Manager("listener_create_success")));

        await ApplyAsync(XdsJson.Without("4", XdsJson.Listener("l")));
        Assert.Equal((1, 0), (Manager("listener_removed"), Manager("total_listeners_active")));
        Assert.Equal(1, Stat("http.outbound_0.0.0.0_8080;.rds.http.8080.config_reload", otherwise: 1));
    }

    [Fact]
    public async Task The_end_of_the_first_certificate_is_told_in_days_and_only_where_there_is_one()
    {
        await _proxy.StartAsync();
        const string Days = "server.days_until_first_cert_expiring";
        Assert.Equal(-1, Stat(Days, otherwise: -1));

        await ApplyAsync(XdsJson.Delta("1", Certificate("long", 300), Certificate("short", 11), Authority("ca", 40)));
        Assert.Equal(11, Stat(Days));

        await ApplyAsync(XdsJson.Delta("2", Certificate("short", 90)));
        Assert.Equal(40, Stat(Days));
        _time.Advance(TimeSpan.FromDays(50));
        Assert.Equal(0, Stat(Days));
    }

    [Fact]
    public async Task The_time_to_become_ready_is_told_once()
    {
        await _proxy.StartAsync();
        _time.Advance(TimeSpan.FromMilliseconds(250));
        await ApplyAsync(XdsJson.Delta("1"));
        await ApplyAsync(XdsJson.Delta("2"));

        Assert.Equal((1, 250), (Histogram("server.initialization_time_ms").Count, Histogram("server.initialization_time_ms").Sum));
    }

    private (long Attempts, long Successes, long Unchanged, long Memberships) OfEndpoints(string cluster) =>
        (Stat($"cluster.{cluster}.update_attempt"), Stat($"cluster.{cluster}.update_success"), Stat($"cluster.{cluster}.update_no_rebuild"), Stat($"cluster.{cluster}.membership_change"));

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private Secret Certificate(string name, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = SelfSigned(key, name, days);
        return new Secret
        {
            Name = name,
            TlsCertificate = new TlsCertificate
            {
                CertificateChain = new DataSource { InlineString = certificate.ExportCertificatePem() },
                PrivateKey = new DataSource { InlineString = key.ExportPkcs8PrivateKeyPem() },
            },
        };
    }

    private Secret Authority(string name, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 certificate = SelfSigned(key, name, days);
        return new Secret { Name = name, ValidationContext = new CertificateValidationContext { TrustedCa = new DataSource { InlineString = certificate.ExportCertificatePem() } } };
    }

    private X509Certificate2 SelfSigned(ECDsa key, string name, int days)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = _time.GetUtcNow();
        return request.CreateSelfSigned(now - TimeSpan.FromDays(1), now + TimeSpan.FromDays(days) + TimeSpan.FromHours(1));
    }

    private async Task ApplyAsync(Tidegate.Xds.XdsDelta delta) => Assert.Empty(await _proxy.ApplyAsync(delta));

    private long Manager(string name) => Stat($"listener_manager.{name}");

    private long Stat(string name, long otherwise = 0) =>
        _proxy.Stats.Sample().Samples.Where(sample => sample.FullName == name).Select(static sample => sample.Value).DefaultIfEmpty(otherwise).Single();

    private Tidegate.Proxy.Telemetry.HistogramSnapshot Histogram(string name) => _proxy.Stats.Sample().Samples.Single(sample => sample.FullName == name).Histogram!;
}
