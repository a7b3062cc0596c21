using System.Text;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tcp;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Tutorial;

/// <summary>
/// The TCP situations of the tutorial: Kubernetes Services with endpoints of their own beside Deployments that are not ours to run, an echo
/// service behind the Service's port <c>tcp</c>, and TLS services that are told apart by server name.
/// </summary>
public sealed class StreamTutorialTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task An_echo_service_is_reached_at_31400()
    {
        using var echo = new StreamBackend(static async socket =>
        {
            // It greets first: nothing may wait for the client to speak.
            await socket.SendAsync("Welcome, you are connected to node tide.\n"u8.ToArray());
            byte[] buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer) is > 0 and int count)
            {
                await socket.SendAsync(buffer.AsMemory(0, count));
            }
        });
        await using GatewayProcess gateway = await GatewayProcess.StartAsync($$"""
            apiVersion: networking.istio.io/v1alpha3
            kind: Gateway
            metadata:
              name: echo-gateway
            spec:
              selector:
                istio: ingressgateway
              servers:
              - port:
                  number: 31400
                  name: tcp-echo
                  protocol: TCP
                hosts:
                - "*"
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: VirtualService
            metadata:
              name: echo-from-gateway
            spec:
              hosts:
              - "*"
              gateways:
              - echo-gateway
              tcp:
              - match:
                - port: 31400
                route:
                - destination:
                    host: echo-service
                    port:
                      number: 2701
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: echo}
            ---
            apiVersion: v1
            kind: Service
            metadata:
              name: "echo-service"
            spec:
              selector: {app: echo}
              ports:
              - protocol: "TCP"
                port: 2701
                targetPort: 2701
            {{Endpoints("echo-service", echo)}}
            """);
        using StreamClient client = await StreamClient.ConnectAsync(gateway);

        Assert.Equal("Welcome, you are connected to node tide.\n", await client.ReceiveAsync(41));
        await client.EchoAsync("hello there\n");
        client.Dispose();
        Assert.Contains("\"- - -\" 0 ", await gateway.LogsAsync("outbound|2701||echo-service.default.svc.cluster.local"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_TLS_services_share_a_port_by_server_name_and_keep_their_own_certificates()
    {
        TestCertificate first = _authority.Issue("one.tide.test");
        TestCertificate second = _authority.Issue("two.tide.test");
        using StreamBackend one = StreamBackends.NamedTls("Hello from one", first);
        using StreamBackend two = StreamBackends.NamedTls("Hello from two", second);
        string gatewayOfOne = PassthroughGateway("one");
        string services = Service("one", one) + Service("two", two) + Route("one") + Route("two");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(gatewayOfOne + services);

        Assert.Equal(("Hello from one\n", first.Certificate.SerialNumber), await AskAsync(gateway, "one.tide.test"));

        // The second is not a host of the Gateway yet.
        await Assert.ThrowsAnyAsync<IOException>(() => AskAsync(gateway, "two.tide.test"));

        gateway.Apply("manifests.yaml", PassthroughGateway("one", "two") + services);
        await Eventually.HoldsAsync(
            async () => (await gateway.AdminAsync("config_dump")).Contains("outbound|80||service-two.default.svc.cluster.local\",\n", StringComparison.Ordinal)
                && await IsServedAsync(gateway, "two.tide.test"),
            () => $"the second is served\n{gateway.Log}");
        Assert.Equal(("Hello from two\n", second.Certificate.SerialNumber), await AskAsync(gateway, "two.tide.test"));
        Assert.Equal(("Hello from one\n", first.Certificate.SerialNumber), await AskAsync(gateway, "one.tide.test"));

        CommandResult listeners = await gateway.CommandAsync("proxy-config", "listener", "deploy/istio-ingressgateway", "-n", "istio-system", "--port", "31400");
        Assert.Contains("SNI: one.tide.test", listeners.Output, StringComparison.Ordinal);
        Assert.Contains("SNI: two.tide.test", listeners.Output, StringComparison.Ordinal);
    }

    private static string PassthroughGateway(params string[] names)
    {
        var servers = new StringBuilder();
        foreach (string name in names)
        {
            servers.Append("  - port: {number: 31400, name: tcp-").Append(name).Append(", protocol: TLS}\n");
            servers.Append("    hosts: [\"").Append(name).Append(".tide.test\"]\n    tls: {mode: PASSTHROUGH}\n");
        }

        return $$"""
            ---
            apiVersion: networking.istio.io/v1alpha3
            kind: Gateway
            metadata: {name: sni-gateway}
            spec:
              selector: {istio: ingressgateway}
              servers:

            """ + servers;
    }

    private static string Route(string name) => $$"""
        ---
        apiVersion: networking.istio.io/v1alpha3
        kind: VirtualService
        metadata: {name: {{name}}-by-name}
        spec:
          hosts: ["{{name}}.tide.test"]
          gateways: [sni-gateway]
          tls:
          - match:
            - port: 31400
              sniHosts: [{{name}}.tide.test]
            route:
            - destination: {host: service-{{name}}, port: {number: 80} }

        """;

    private static string Service(string name, StreamBackend backend) => $$"""
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: service-{{name}}}
        spec:
          selector: {app: service-{{name}}}
          ports:
          - {name: https, port: 80, protocol: TCP, targetPort: 8080}
        {{Endpoints($"service-{name}", backend, "https")}}

        """;

    private static string Endpoints(string service, StreamBackend backend, string port = "") => $$"""
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: {{service}}}
        subsets:
        - addresses: [{ip: {{backend.EndPoint.Address}}}]
          ports: [{ {{(port.Length > 0 ? $"name: {port}, " : "")}}port: {{backend.EndPoint.Port}}}]
        """;

    private static async Task<(string Text, string Serial)> AskAsync(GatewayProcess gateway, string serverName)
    {
        using TlsClient client = await TlsClient.ConnectAsync(gateway.At(31400), new TlsClientOptions { ServerName = serverName });
        string text = await new StreamReader(client.Tls).ReadToEndAsync(TestContext.Current.CancellationToken);
        return (text, client.ServerCertificate.SerialNumber);
    }

    private static async Task<bool> IsServedAsync(GatewayProcess gateway, string serverName)
    {
        try
        {
            return (await AskAsync(gateway, serverName)).Text.Length > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
