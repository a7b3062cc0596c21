using System.Net;
using System.Net.Sockets;
using Envoy.Config.Bootstrap.V3;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Pilot.Translation;
using Tidegate.Proxy;
using Tidegate.Proxy.Workers;

namespace Tidegate.Benchmarks;

/// <summary>A gateway in this process, configured by the manifests of <c>bench/compare</c>: one route, one worker, and one client connection to it.</summary>
public sealed class BenchmarkGateway : IDisposable
{
    private static readonly byte[] Request = "GET /api/items/1 HTTP/1.1\r\nhost: shop.bench\r\nuser-agent: bench\r\naccept: */*\r\n\r\n"u8.ToArray();

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tidegate-bench-");
    private readonly CannedBackend _backend;
    private readonly ProxyServer _proxy;
    private readonly DirectorySource _source;
    private readonly PilotServer _pilot;
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Http2Client _http2Client = new();
    private readonly byte[] _answer = new byte[4096];

    /// <summary>Starts it on a loopback address, and connects to it.</summary>
    /// <param name="address">The address; its port 8080 has to be free.</param>
    /// <param name="accessLog">The access log's file; empty for none.</param>
    /// <param name="more">More manifests.</param>
    public BenchmarkGateway(IPAddress address, string accessLog, string more = "")
    {
        _backend = new CannedBackend(address);
        File.WriteAllText(Path.Combine(_folder.FullName, "bench.yaml"), Manifests(_backend.EndPoint) + more);
        _proxy = ProxyServer.Create(new ProxyOptions { Concurrency = 1, BindAddress = address }, new Bootstrap(), NullLoggerFactory.Instance);
        var store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        _source = new DirectorySource(_folder.FullName, "default", store, NullLogger<DirectorySource>.Instance, _proxy.Background);
        var options = new PilotOptions { Node = ProxyNode.IngressGateway, Mesh = MeshSettings.Default with { AccessLogFile = accessLog } };
        _pilot = new PilotServer(store, _proxy, options, NullLogger<PilotServer>.Instance, _proxy.Background);
        StartAsync().GetAwaiter().GetResult();
        _client.Connect(new IPEndPoint(address, 8080));
        _http2Client.Connect(new IPEndPoint(address, 8080));
    }

    /// <summary>The same in HTTP/2, on a connection of its own.</summary>
    public int ExchangeHttp2() => _http2Client.Exchange();

    /// <summary>Sends a request and reads its whole answer; returns the answer's length in bytes.</summary>
    public int Exchange()
    {
        _client.Send(Request);
        int read = 0;
        while (!_answer.AsSpan(0, read).EndsWith("\"n\":111}"u8))
        {
            int received = _client.Receive(_answer.AsSpan(read));
            read += received > 0 ? received : throw new InvalidOperationException("the gateway closed the connection");
        }

        return _answer.AsSpan(0, read).StartsWith("HTTP/1.1 200 "u8) ? read : throw new InvalidOperationException("the answer is not a 200");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _http2Client.Dispose();
        StopAsync().GetAwaiter().GetResult();
        _backend.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task StartAsync()
    {
        await _proxy.StartAsync();
        _pilot.Start();
        _source.Start();
        await _pilot.FirstPush;
    }

    private async Task StopAsync()
    {
        await _source.DisposeAsync();
        await _pilot.DisposeAsync();
        await _proxy.DisposeAsync();
    }

    private static string Manifests(IPEndPoint backend) => $$"""
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: bench, namespace: default}
        spec:
          selector: {istio: ingressgateway}
          servers:
            - port: {number: 8080, name: http, protocol: HTTP}
              hosts: ["*"]
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: backend, namespace: default}
        spec:
          hosts: [backend.bench]
          location: MESH_INTERNAL
          resolution: STATIC
          ports:
            - {number: 80, name: http, protocol: HTTP, targetPort: {{backend.Port}} }
          endpoints:
            - address: {{backend.Address}}
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: bench, namespace: default}
        spec:
          hosts: ["*"]
          gateways: [bench]
          http:
            - route:
                - destination: {host: backend.bench, port: {number: 80} }
        """;
}
