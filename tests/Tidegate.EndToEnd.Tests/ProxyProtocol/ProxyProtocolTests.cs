using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.ProxyProtocol;

/// <summary>PROXY headers in (gatewayTopology.proxyProtocol) and out (DestinationRule), edge.md group PP.</summary>
public sealed class ProxyProtocolTests(ProxyProtocolTests.Pool pool) : IClassFixture<ProxyProtocolTests.Pool>
{
    private const string Version1 = "PROXY TCP4 203.0.113.9 198.51.100.1 4711 443\r\n";
    private const string Get = "GET /seen HTTP/1.1\r\nHost: app.test\r\n\r\n";

    private static readonly string Version2 = Encoding.Latin1.GetString(
        [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 203, 0, 113, 10, 198, 51, 100, 1, 0x12, 0x67, 0x01, 0xBB]);

    private static readonly string Local = Encoding.Latin1.GetString([.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x20, 0, 0, 0]);

    public static TheoryData<string, string> Headers => new()
    {
        { Version1, "203.0.113.9" },
        { "PROXY TCP6 2001:db8::9 2001:db8::1 4711 443\r\n", "2001:db8::9" },
        { "PROXY UNKNOWN\r\n", "127." },
        { Version2, "203.0.113.10" },
        { Local, "127." },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public async Task PP01_PP02_PP12_the_announced_address_is_the_clients(string header, string client)
    {
        using RawClient connection = await pool.Gateway.ConnectAsync();

        WireResponse first = await connection.ExchangeAsync(header + Get);
        WireResponse second = await connection.ExchangeAsync(Get);

        Assert.StartsWith(client, first.Body, StringComparison.Ordinal);
        Assert.Equal(first.Body, second.Body);
    }

    [Fact]
    public async Task PP12_the_access_log_has_the_announced_addresses()
    {
        using RawClient connection = await pool.Gateway.ConnectAsync();

        await connection.ExchangeAsync(Version1 + "GET /logged-announced HTTP/1.1\r\nHost: app.test\r\n\r\n");

        string line = await pool.Gateway.LogsAsync("/logged-announced");
        Assert.Contains(" 198.51.100.1:443 203.0.113.9:4711 ", line);
    }

    [Fact]
    public async Task PP03_a_header_in_single_bytes_is_read()
    {
        using RawClient connection = await pool.Gateway.ConnectAsync();

        await connection.SendInPiecesAsync(Version2 + Get, 1);

        Assert.StartsWith("203.0.113.10", (await connection.ReadResponseAsync()).Body);
    }

    [Theory]
    [InlineData(Get)] // PP06
    [InlineData("PROXY TCP4 203.0.113.9 198.51.100.1 4711\r\n" + Get)] // PP01
    [InlineData("\r\n\r\n\0\r\nQUIT\n\u0021\u0011\u00FF\u00FF")] // PP05
    public async Task PP06_without_a_good_header_the_connection_is_closed(string begin)
    {
        using RawClient connection = await pool.Gateway.ConnectAsync();

        await connection.SendAsync(begin);

        await connection.AssertClosedAsync();
        Assert.Empty(connection.Reader.Transcript);
    }

    [Fact]
    public async Task PP05_silence_is_not_waited_for()
    {
        using RawClient connection = await pool.Gateway.ConnectAsync();

        await connection.SendAsync("PROXY TCP4 203.0");

        await connection.AssertClosedAsync();
    }

    [Theory]
    [InlineData(0x02, "\u00FF\u00FE\u0080broken")] // PP2_TYPE_AUTHORITY, which is UTF-8
    [InlineData(0x01, "\u00C0\u00AF")] // PP2_TYPE_ALPN
    [InlineData(0x20, "\u0007\0\0\0\0\u0022\0\u0003\u00ED\u00A0\u0080")] // PP2_TYPE_SSL with a common name that is half a surrogate
    [InlineData(0xE0, "\0\u00F8\u0088\u0080\u0080\u0080")] // of one's own
    public async Task PP09_a_TLV_that_is_not_UTF_8_is_passed_over(int type, string value)
    {
        using RawClient connection = await pool.Gateway.ConnectAsync();
        string tlv = $"{(char)type}\0{(char)value.Length}{value}";
        string header = $"{Version2[..14]}\0{(char)(12 + tlv.Length)}{Version2[16..]}{tlv}";

        WireResponse response = await connection.ExchangeAsync(header + Get);

        Assert.Equal(200, response.Status);
        Assert.StartsWith("203.0.113.10", response.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PP08_a_second_header_is_payload()
    {
        using RawClient connection = await pool.Gateway.ConnectAsync();

        WireResponse response = await connection.ExchangeAsync(Version1 + Version1 + Get);

        Assert.Equal(400, response.Status);
    }

    [Fact]
    public async Task PP11_a_header_comes_before_the_ClientHello()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(pool.Gateway.At(8443), TestContext.Current.CancellationToken);
        await socket.SendAsync(Encoding.Latin1.GetBytes(Version1), TestContext.Current.CancellationToken);
        using TlsClient client = await TlsClient.BeginAsync(socket, new TlsClientOptions());

        Assert.StartsWith("203.0.113.9", (await client.GetAsync("app.test", "/seen")).Body);
    }

    [Fact]
    public async Task PP07_a_header_from_elsewhere_than_the_trusted_networks_closes_the_connection()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Pool.Mesh + Manifests.HttpGateway() + Manifests.Backend("app.test", pool.Backend), "--proxy-protocol-from", "192.0.2.0/24,2001:db8::/32");
        using RawClient connection = await gateway.ConnectAsync();

        await connection.SendAsync(Version1 + Get);

        await connection.AssertClosedAsync();
        Assert.Empty(connection.Reader.Transcript);
    }

    [Fact]
    public async Task PP06_where_headers_are_not_taken_one_is_a_bad_request()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("app.test", pool.Backend));
        using RawClient connection = await gateway.ConnectAsync();

        Assert.Equal(400, (await connection.ExchangeAsync(Version1 + Get)).Status);
    }

    [Theory]
    [InlineData("V1", "PROXY TCP4 203.0.113.9 198.51.100.1 4711 443")]
    [InlineData("V2", "\r\n\r\n\0\r\nQUIT\n")]
    public async Task PP10_a_backend_is_told_the_client_and_each_client_has_its_own_connection(string version, string begin)
    {
        string host = version.ToLowerInvariant() + ".test";
        using RawClient one = await pool.Gateway.ConnectAsync();
        using RawClient other = await pool.Gateway.ConnectAsync();
        string get = $"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n";

        Assert.Equal(200, (await one.ExchangeAsync(Version1 + get)).Status);
        Assert.Equal(200, (await one.ExchangeAsync(get)).Status);
        Assert.Equal(200, (await other.ExchangeAsync(Version2 + get)).Status);

        IReadOnlyList<string> told = [.. pool.Told.Where(header => header.StartsWith(begin[..10], StringComparison.Ordinal))];
        Assert.Contains(told, header => header.StartsWith(begin, StringComparison.Ordinal));
        Assert.Equal(2, told.Count);
    }

    /// <summary>A gateway that demands headers, and backends that are sent some.</summary>
    public sealed class Pool : IAsyncLifetime
    {
        public const string Mesh = """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: istio, namespace: istio-system}
            data:
              mesh: |-
                defaultConfig:
                  gatewayTopology:
                    proxyProtocol: {}

            """;

        private readonly TestAuthority _authority = new();
        private readonly ConcurrentQueue<string> _told = [];

        public ScriptedBackend Backend { get; } = ScriptedBackend.Start(Loopback.Next());

        public ScriptedBackend ToldBackend { get; } = ScriptedBackend.Start(Loopback.Next());

        public GatewayProcess Gateway { get; private set; } = null!;

        /// <summary>The headers that the backends were sent.</summary>
        public IEnumerable<string> Told => _told;

        private static string Rule(string host, string version) => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: {{version.ToLowerInvariant()}}, namespace: default}
            spec:
              host: {{host}}
              trafficPolicy:
                proxyProtocol: {version: {{version}} }

            """;

        public async ValueTask InitializeAsync()
        {
            Backend.Answer = static request =>
            {
                string client = request.Headers["x-forwarded-for"] ?? string.Empty;
                return $"HTTP/1.1 200 OK\r\ncontent-length: {client.Length}\r\n\r\n{client}";
            };
            ToldBackend.Script = async connection =>
            {
                byte[] first = await connection.Reader.ReadExactlyAsync(1, connection.Stopping);
                bool isVersion1 = first[0] == (byte)'P';
                _told.Enqueue(isVersion1
                    ? "P" + await connection.Reader.ReadLineAsync(connection.Stopping)
                    : "\r" + Encoding.Latin1.GetString(await connection.Reader.ReadExactlyAsync(27, connection.Stopping)));
                while (await connection.ReadRequestAsync() is not null)
                {
                    await connection.SendAsync(ScriptedBackend.Ok);
                }
            };
            Gateway = await GatewayProcess.StartAsync(
                Mesh
                + TlsManifests.Gateway(
                    "{mode: SIMPLE, credentialName: app-cert}",
                    more: "  - port: {number: 80, name: http, protocol: HTTP}\n    hosts: [\"*\"]")
                + TlsManifests.Secret("app-cert", _authority.Issue("app.test"))
                + Manifests.Backend("app.test", Backend)
                + Manifests.Backend("v1.test", ToldBackend) + Rule("v1.test", "V1")
                + Manifests.Backend("v2.test", ToldBackend) + Rule("v2.test", "V2"));
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Backend.DisposeAsync();
            await ToldBackend.DisposeAsync();
            _authority.Dispose();
        }
    }
}
