using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>Which backend a server name leads to where TLS is passed on, and that no other name leads anywhere (edge.md T23, T24).</summary>
public sealed class ServerNameTests : IDisposable
{
    private const int Port = 31401;

    private readonly TestAuthority _authority = new();

    /// <inheritdoc/>
    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task T23_an_exact_name_wins_over_the_longest_wildcard_and_that_over_any()
    {
        using StreamBackend exact = Named("exact");
        using StreamBackend longer = Named("longer");
        using StreamBackend shorter = Named("shorter");
        using StreamBackend any = Named("any");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(Port, "TLS", "{mode: PASSTHROUGH}")
            + Route("*", "any.test", any) + Route("*.example.test", "shorter.test", shorter)
            + Route("*.a.example.test", "longer.test", longer) + Route("x.a.example.test", "exact.test", exact));

        foreach ((string name, string expected) in new[]
        {
            ("x.a.example.test", "exact"),
            ("X.A.example.TEST", "exact"),
            ("y.a.example.test", "longer"),
            ("z.y.a.example.test", "longer"),
            ("x.x.a.example.test", "longer"),
            ("a.example.test", "shorter"),
            ("b.example.test", "shorter"),
            ("xa.example.test", "shorter"),
            ("example.test", "any"),
            ("ba.example.test.evil", "any"),
            ("elsewhere.invalid", "any"),
            ("", "any"),
        })
        {
            Assert.Equal((name, expected), (name, await ReachedAsync(gateway, name)));
        }
    }

    [Fact]
    public async Task T23_a_name_that_no_route_has_is_closed()
    {
        using StreamBackend exact = Named("exact");
        using StreamBackend wildcard = Named("wildcard");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(Port, "TLS", "{mode: PASSTHROUGH}")
            + Route("x.example.test", "exact.test", exact) + Route("*.wild.test", "wildcard.test", wildcard));

        Assert.Equal("exact", await ReachedAsync(gateway, "x.example.test"));
        Assert.Equal("wildcard", await ReachedAsync(gateway, "y.wild.test"));
        string[] unknown = ["wild.test", "y.example.test", "x.example.test.evil", "notwild.test", "exact.test", ""];
        foreach (string name in unknown)
        {
            Assert.Equal((name, "closed"), (name, await ReachedAsync(gateway, name)));
        }

        Assert.Equal(unknown.Length, await gateway.StatAsync($"listener.0.0.0.0_{Port}.no_filter_chain_match"));
        Assert.Contains(" NR filter_chain_not_found ", await gateway.LogsAsync("filter_chain_not_found"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task T24_AUTO_PASSTHROUGH_reaches_the_clusters_of_its_hosts_alone()
    {
        var reached = new ConcurrentQueue<string>();
        using StreamBackend open = Named("open", reached);
        using StreamBackend closed = Named("closed", reached);
        using StreamBackend external = Named("external", reached);
        using StreamBackend kept = Named("private", reached);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            StreamManifests.Gateway(Port, "TLS", "{mode: AUTO_PASSTHROUGH}", hosts: "\"*.open.test\"")
            + StreamManifests.Service("a.open.test", open.EndPoint)
            + StreamManifests.Service("b.closed.test", closed.EndPoint)
            + StreamManifests.Service("kubernetes.default.svc.cluster.local", closed.EndPoint)
            + StreamManifests.Service("c.open.test", external.EndPoint).Replace("MESH_INTERNAL", "MESH_EXTERNAL", StringComparison.Ordinal)
            + StreamManifests.Service("d.open.test", kept.EndPoint).Replace("namespace: default}\nspec:", "namespace: secret}\nspec:\n  exportTo: [\".\"]", StringComparison.Ordinal));

        Assert.Equal("open", await ReachedAsync(gateway, "outbound_.9000_._.a.open.test", "istio"));
        reached.Clear();
        foreach (string name in new[]
        {
            "outbound_.9000_._.b.closed.test",
            "outbound_.9000_._.kubernetes.default.svc.cluster.local",
            "outbound_.443_._.kubernetes.default.svc.cluster.local",
            "outbound_.9000_._.c.open.test",
            "outbound_.9000_._.d.open.test",
            "outbound_.80_._.a.open.test",
            "outbound_.9000_.v1_.a.open.test",
            "outbound_.9000_._.open.test",
            "outbound_.9000_._.b.closed.test.open.test",
            "inbound_.9000_._.a.open.test",
            "a.open.test",
            "b.closed.test",
            "127.0.0.1",
            "",
        })
        {
            Assert.Equal((name, "closed"), (name, await ReachedAsync(gateway, name, "istio")));
        }

        Assert.Equal("closed", await ReachedAsync(gateway, "outbound_.9000_._.a.open.test", "http/1.1"));
        Assert.Equal("closed", await ReachedAsync(gateway, "outbound_.9000_._.a.open.test"));
        Assert.Empty(reached);
    }

    private StreamBackend Named(string name, ConcurrentQueue<string>? reached = null)
    {
        SslStreamCertificateContext certificate = SslStreamCertificateContext.Create(_authority.Issue("any.test").Usable, null, offline: true);
        return new StreamBackend(async socket =>
        {
            reached?.Enqueue(name);
            using var tls = new SslStream(new System.Net.Sockets.NetworkStream(socket));
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate,
                ApplicationProtocols = [new SslApplicationProtocol("istio"), new SslApplicationProtocol("http/1.1")],
            });
            await tls.WriteAsync(Encoding.ASCII.GetBytes(name + "\r\n"));
            await tls.ShutdownAsync();
        });
    }

    private static string Route(string serverName, string host, StreamBackend backend) =>
        StreamManifests.Service(host, backend.EndPoint) + StreamManifests.TlsRoute(serverName, host);

    // The name of the backend that was reached; "closed" when none was.
    private static async Task<string> ReachedAsync(GatewayProcess gateway, string serverName, params string[] protocols)
    {
        try
        {
            using TlsClient client = await TlsClient.ConnectAsync(gateway.At(Port), new TlsClientOptions { ServerName = serverName, ApplicationProtocols = protocols });
            return await client.Reader.ReadLineAsync(TestContext.Current.CancellationToken).WithinPatienceAsync("the backend's name") ?? "nothing";
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            return "closed";
        }
    }
}
