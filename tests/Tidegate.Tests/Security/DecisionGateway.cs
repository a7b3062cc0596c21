using System.Buffers.Text;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Envoy.Config.Bootstrap.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Pilot.Translation.Steps;
using Tidegate.Proxy;
using Tidegate.Proxy.Workers;

namespace Tidegate.Tests.Security;

/// <summary>Both halves in one: objects are translated as the control plane does, and a data plane answers by what came of them. Its routes answer 200 themselves.</summary>
internal sealed class DecisionGateway : IAsyncDisposable
{
    private static readonly DecisionCertificates Certificates = new();
    private static int _started;

    private readonly ProxyServer _proxy;
    private readonly IPAddress _address;

    private DecisionGateway(IPAddress address)
    {
        _address = address;
        _proxy = ProxyServer.Create(new ProxyOptions { Concurrency = 1, BindAddress = address }, new Bootstrap(), NullLoggerFactory.Instance);
    }

    /// <summary>Starts one.</summary>
    public static async Task<DecisionGateway> StartAsync(DecisionEntry entry)
    {
        int number = Interlocked.Increment(ref _started);
        var gateway = new DecisionGateway(new IPAddress([127, 81, (byte)(Environment.ProcessId % 250), (byte)number]));
        await gateway._proxy.StartAsync();
        Manifest manifest = new ManifestReader("default").Read("input.yaml", ManifestsOf(entry));
        TranslationResult result = new Translator().Translate(new TranslationInput(ObjectSet.Of([.. manifest.Resources, .. manifest.Broken]))
        {
            Mesh = MeshSettings.Default with
            {
                CompatibilityVersion = CompatibilityVersion.Current,
                PathNormalization = Enum.Parse<PathNormalization>(entry.Path),
                TrustedProxyCount = entry.Hops,
            },
        });
        Assert.Empty(await gateway._proxy.ApplyAsync(new XdsSnapshot(result.Resources).ChangesSince(XdsSnapshot.Empty)));
        return gateway;
    }

    /// <summary>The data plane.</summary>
    public ProxyServer Proxy => _proxy;

    /// <summary>The status of the answer to a request.</summary>
    public async Task<int> StatusAsync(DecisionRequest request, CancellationToken cancellation)
    {
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Bind(new IPEndPoint(IPAddress.Parse(request.From), 0));
        await client.ConnectAsync(_address, request.ServerName is null ? 8080 : 8443, cancellation);
        await using Stream stream = await OpenAsync(client, request, cancellation);
        await stream.WriteAsync(request.ToBytes(), cancellation);
        string? line = await new StreamReader(stream, Encoding.Latin1).ReadLineAsync(cancellation);
        return int.Parse(line!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    private static async Task<Stream> OpenAsync(Socket client, DecisionRequest request, CancellationToken cancellation)
    {
        var plain = new NetworkStream(client);
        if (request.ServerName is null)
        {
            return plain;
        }

        var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = request.ServerName,
                ClientCertificates = request.Certificate is { } names ? [Certificates.Issue("client", names)] : null,
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null, // who the gateway is, is not the matter
            },
            cancellation);
        return secure;
    }

    private static string ManifestsOf(DecisionEntry entry)
    {
        (string certificate, string key) = Certificates.IssuePem("app.test");
        static string Data(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
        string text = $$"""
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: edge, namespace: istio-system}
            spec:
              selector: {istio: ingressgateway}
              servers:
              - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
              - {port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*"], tls: {mode: OPTIONAL_MUTUAL, credentialName: edge} }
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: edge, namespace: istio-system}
            type: kubernetes.io/tls
            data: {tls.crt: {{Data(certificate)}}, tls.key: {{Data(key)}}, ca.crt: {{Data(Certificates.AuthorityPem)}} }
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: edge, namespace: istio-system}
            spec: {hosts: ["*"], gateways: [edge], http: [{directResponse: {status: 200} }]}

            """;
        if (entry.Tokens)
        {
            string keys = JsonSerializer.Serialize($$"""{"keys": [{"kty": "oct", "k": "{{Base64Url.EncodeToString(DecisionRequest.Key)}}"}]}""");
            text += $$"""
                ---
                apiVersion: security.istio.io/v1
                kind: RequestAuthentication
                metadata: {name: tokens, namespace: istio-system}
                spec: {jwtRules: [{issuer: one, jwks: {{keys}} }, {issuer: two, jwks: {{keys}} }]}

                """;
        }

        return text + string.Concat(entry.Policies);
    }
}
