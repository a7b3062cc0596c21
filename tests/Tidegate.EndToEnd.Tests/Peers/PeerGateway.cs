using System.Net;
using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Peers;

/// <summary>
/// A gateway before a <see cref="PeerServer"/>, which it reaches by the host: <c>h1.test</c> over HTTP/1.1, <c>h2c.test</c> over HTTP/2, <c>h2.test</c> over HTTP/2
/// with TLS. Clients come to port 8080 in the clear, to port 8443 with TLS, by gRPC-Web to port 8081.
/// </summary>
public sealed class PeerGateway : IAsyncLifetime
{
    private readonly TestAuthority _authority = new();
    private readonly TemporaryFolder _folder = new();
    private GatewayProcess? _gateway;
    private PeerServer? _server;

    /// <summary>The hosts: one for each protocol to the server.</summary>
    public static IReadOnlyList<string> Hosts { get; } = ["h1.test", "h2c.test", "h2.test"];

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway => _gateway ?? throw new InvalidOperationException("not started");

    /// <summary>A file with the authority of the certificates.</summary>
    public string AuthorityFile => Path.Combine(_folder.Path, "ca.pem");

    /// <summary>A handler of requests that connects to the gateway whatever the host is.</summary>
    public SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        EnableMultipleHttp2Connections = true,
        SslOptions = { RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null },
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(Gateway.At(context.DnsEndPoint.Port), cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    };

    /// <summary>Where a client finds a host, in the clear or with TLS.</summary>
    public static Uri UriOf(string host, bool withTls, string path = "/") => new(withTls ? $"https://{host}:8443{path}" : $"http://{host}:8080{path}");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        TestCertificate certificate = _authority.Issue([.. Hosts]);
        await File.WriteAllTextAsync(AuthorityFile, _authority.Pem);
        _server = await PeerServer.StartAsync(certificate);
        string manifests = TlsManifests.Gateway("{mode: SIMPLE, credentialName: peers}", more: """
              - port: {number: 80, name: http, protocol: HTTP}
                hosts: ["*"]
              - port: {number: 8081, name: grpc-web, protocol: GRPC-WEB}
                hosts: ["*"]
            """) + TlsManifests.Secret("peers", certificate);
        foreach ((string host, IPEndPoint endPoint, string protocol) in Hosts.Zip(_server.EndPoints, ["HTTP", "GRPC", "GRPC"]))
        {
            manifests += ServiceOf(host, endPoint, protocol) + Manifests.Route(host, host);
        }

        _gateway = await GatewayProcess.StartAsync($$"""
            {{manifests}}
            ---
            apiVersion: networking.istio.io/v1
            kind: DestinationRule
            metadata: {name: h2, namespace: default}
            spec:
              host: h2.test
              trafficPolicy: {tls: {mode: SIMPLE, sni: h2.test, caCertificates: {{AuthorityFile}} } }
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: websocket-over-http2, namespace: istio-system}
            spec:
              configPatches:
              - applyTo: NETWORK_FILTER
                match: {context: GATEWAY, listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager} } } }
                patch:
                  operation: MERGE
                  value:
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      http2_protocol_options: {allow_connect: true}
            """);
        foreach (string host in Hosts)
        {
            await _gateway.AnswersAsync(200, host);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _folder.Dispose();
        _authority.Dispose();
    }

    private static string ServiceOf(string host, IPEndPoint endPoint, string protocol) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: {{host.Replace('.', '-')}}, namespace: default}
        spec:
          hosts: [{{host}}]
          location: MESH_INTERNAL
          resolution: STATIC
          ports: [{number: 80, name: port, protocol: {{protocol}}}]
          endpoints: [{address: {{endPoint.Address}}, ports: {port: {{endPoint.Port}} } }]

        """;
}

/// <summary>The gateway that all classes with this name share.</summary>
[CollectionDefinition(Name)]
public sealed class PeerCollection : ICollectionFixture<PeerGateway>
{
    /// <summary>The name.</summary>
    public const string Name = "peers";
}
