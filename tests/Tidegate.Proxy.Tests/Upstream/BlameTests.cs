using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Tidegate.Net;
using Tidegate.Proxy.Tests.Filters;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Tests.Upstream;

/// <summary>What a client causes, or we do, counts against no endpoint: it is not ejected, and no connection to it is said to have failed.</summary>
public sealed class BlameTests
{
    private const string Details = """, "localReplyConfig": {"bodyFormat": {"textFormatSource": {"inlineString": "%RESPONSE_CODE_DETAILS%"}}}""";
    private const string OneIsEnough = """, "outlierDetection": {"consecutive5xx": 1, "interval": "1s", "baseEjectionTime": "300s", "maxEjectionPercent": 100}""";
    private const string TlsContext = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
    private const string AsksForHost = OneIsEnough + $$$$$"""
        , "transportSocket": {"name": "tls", "typedConfig": {"@type": "{{{{{TlsContext}}}}}"}},
        "typedExtensionProtocolOptions": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
          "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
          "upstreamHttpProtocolOptions": {"autoSni": true}, "explicitHttpConfig": {"httpProtocolOptions": {}}}}
        """;

    public static TheoryData<string> HostsThatAreNoServerNames =>
    [
        new string('a', 70) + "!.example",
        new string('a', 64) + ".example",
        string.Concat(Enumerable.Repeat("a.", 126)) + "aa",
        "a..example",
        "a!b.example",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(HostsThatAreNoServerNames))]
    public async Task A_host_that_no_handshake_can_ask_for_is_a_400_and_no_endpoint_is_asked(string host)
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, manager: Details, options: AsksForHost);

        Assert.Equal((HttpStatusCode.BadRequest, "host_is_no_server_name"), await AskAsync(gateway, host));
        Assert.Equal((HttpStatusCode.BadRequest, "host_is_no_server_name"), await AskAsync(gateway, host));

        Assert.Equal(0, gateway.Stat("cluster.service.upstream_cx_total"));
        Assert.Equal(0, gateway.Stat("cluster.service.upstream_cx_connect_fail"));
        Assert.Equal(0, gateway.Stat("cluster.service.outlier_detection.ejections_enforced_total"));
    }

    [Fact]
    public async Task A_handshake_that_fails_for_a_name_that_the_client_chose_counts_against_nobody()
    {
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, manager: Details, options: AsksForHost);
        gateway.EndsOnArrival = true;

        for (int i = 0; i < 3; i++)
        {
            (HttpStatusCode status, string details) = await AskAsync(gateway, $"any{i}.example");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.StartsWith("upstream_reset_before_response_started{remote_connection_failure|TLS_error:", details, StringComparison.Ordinal);
        }

        Assert.Equal(0, gateway.Stat("cluster.service.upstream_cx_connect_fail"));
        Assert.Equal(0, gateway.Stat("cluster.service.outlier_detection.ejections_enforced_total"));
        Assert.Equal(3, gateway.Stat("cluster.service.ssl.connection_error"));
    }

    [Fact]
    public async Task The_same_for_a_name_that_the_route_writes_is_the_endpoints_failure()
    {
        const string Routes = """{"match": {"prefix": "/"}, "route": {"cluster": "service", "hostRewriteLiteral": "service.example"}}""";
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, Routes, manager: Details, options: AsksForHost);
        gateway.EndsOnArrival = true;

        await AskAsync(gateway, "any.example");

        await gateway.EventuallyAsync(() => gateway.Stat("cluster.service.outlier_detection.ejections_enforced_total") == 1);
    }

    [Fact]
    public async Task A_secret_of_ours_that_is_not_known_yet_counts_against_nobody()
    {
        const string Options = OneIsEnough + $$$$$"""
            , "transportSocket": {"name": "tls", "typedConfig": {"@type": "{{{{{TlsContext}}}}}",
              "commonTlsContext": {"tlsCertificateSdsSecretConfigs": [{"name": "missing", "sdsConfig": {"ads": {}, "resourceApiVersion": "V3"}}]}}}
            """;
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, manager: Details, options: Options);

        for (int i = 0; i < 2; i++)
        {
            (HttpStatusCode status, string details) = await AskAsync(gateway, "any.example");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.StartsWith("upstream_reset_before_response_started{local_connection_failure|TLS_error:_the_client_certificate_missing", details, StringComparison.Ordinal);
        }

        Assert.Equal(0, gateway.Stat("cluster.service.outlier_detection.ejections_enforced_total"));
    }

    [Theory]
    [InlineData(24, false)] // EMFILE
    [InlineData(99, false)] // EADDRNOTAVAIL: no local port is left
    [InlineData(105, false)] // ENOBUFS
    [InlineData(111, true)] // ECONNREFUSED
    [InlineData(110, true)] // ETIMEDOUT
    [InlineData(113, true)] // EHOSTUNREACH
    public void What_the_system_lacks_is_not_the_endpoints_failure(int errno, bool isOfEndpoint) =>
        Assert.Equal(isOfEndpoint, TransportResult.Of(new IoError(errno)).IsOfEndpoint);

    // By hand: the platform's client does not send every host.
    private static async Task<(HttpStatusCode Status, string Details)> AskAsync(FilterGateway gateway, string host)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(gateway.Address, 8080, Cancellation);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Cancellation);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        string answer = await reader.ReadToEndAsync(Cancellation);
        return ((HttpStatusCode)int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture), answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }
}
