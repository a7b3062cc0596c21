using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.HealthChecks;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Tests.Runtime;
using Tidegate.Proxy.Upstream.Health;

namespace Tidegate.Proxy.Tests.Upstream.Health;

/// <summary>What each kind of health check sends, and what it makes of the answer, on real sockets.</summary>
public sealed class ProbeTests
{
    private const string Times = "'timeout': '5s', 'interval': '1s', 'unhealthyThreshold': 2, 'healthyThreshold': 1";

    [Fact]
    public async Task An_HTTP_check_asks_as_it_is_told()
    {
        string path = string.Empty, host = string.Empty, agent = string.Empty, extra = string.Empty;
        await using WebApplication server = await ServeAsync(HttpProtocols.Http1, context =>
        {
            (path, host, agent, extra) = ($"{context.Request.Path}{context.Request.QueryString}", context.Request.Host.Value!, $"{context.Request.Headers.UserAgent}", $"{context.Request.Headers["x-a"]}");
            return Task.CompletedTask;
        });

        Assert.Equal(ProbeResult.Well, await CheckAsync(server, "'httpHealthCheck': {'path': '/healthz?deep=1', 'host': 'web.test', 'requestHeadersToAdd': [{'header': {'key': 'x-a', 'value': '1'}}]}"));
        Assert.Equal(("/healthz?deep=1", "web.test", "Envoy/HC", "1"), (path, host, agent, extra));
    }

    [Theory]
    [InlineData(200, "", nameof(ProbeResult.Well))]
    [InlineData(204, "", nameof(ProbeResult.Ill))]
    [InlineData(503, "", nameof(ProbeResult.Ill))]
    [InlineData(204, "'expectedStatuses': [{'start': 200, 'end': 300}]", nameof(ProbeResult.Well))]
    [InlineData(503, "'retriableStatuses': [{'start': 503, 'end': 504}]", nameof(ProbeResult.Failed))]
    [InlineData(200, "'receive': [{'text': '6f6b'}]", nameof(ProbeResult.Well))]
    [InlineData(200, "'receive': [{'text': '6f6b'}, {'text': '6f6b'}]", nameof(ProbeResult.Ill))]
    [InlineData(200, "'serviceNameMatcher': {'prefix': 'web'}", nameof(ProbeResult.OtherService))]
    public async Task An_HTTP_answer_is_judged(int status, string options, string expected)
    {
        await using WebApplication server = await ServeAsync(HttpProtocols.Http1, async context =>
        {
            context.Response.StatusCode = status;
            if (status != 204)
            {
                await context.Response.WriteAsync("ok");
            }
        });

        Assert.Equal(expected, $"{await CheckAsync(server, $"'httpHealthCheck': {{'path': '/'{(options.Length > 0 ? ", " : "")}{options}}}")}");
    }

    [Fact]
    public async Task A_service_that_names_itself_is_known()
    {
        await using WebApplication server = await ServeAsync(HttpProtocols.Http1, context =>
        {
            context.Response.Headers["x-envoy-upstream-healthchecked-cluster"] = "web-7";
            return Task.CompletedTask;
        });

        Assert.Equal(ProbeResult.Well, await CheckAsync(server, "'httpHealthCheck': {'path': '/', 'serviceNameMatcher': {'prefix': 'web'}}"));
        Assert.Equal(ProbeResult.OtherService, await CheckAsync(server, "'httpHealthCheck': {'path': '/', 'serviceNameMatcher': {'prefix': 'shop'}}"));
    }

    [Fact]
    public async Task An_HTTP_check_can_be_HTTP2()
    {
        string protocol = string.Empty;
        await using WebApplication server = await ServeAsync(HttpProtocols.Http2, context =>
        {
            protocol = context.Request.Protocol;
            return Task.CompletedTask;
        });

        Assert.Equal(ProbeResult.Well, await CheckAsync(server, "'httpHealthCheck': {'path': '/', 'codecClientType': 'HTTP2'}"));
        Assert.Equal("HTTP/2", protocol);
    }

    [Theory]
    [InlineData(1, "0", nameof(ProbeResult.Well))]
    [InlineData(2, "0", nameof(ProbeResult.Ill))]
    [InlineData(1, "5", nameof(ProbeResult.Ill))]
    public async Task A_gRPC_answer_is_judged(byte status, string grpcStatus, string expected)
    {
        (string Path, string Body) seen = default;
        await using WebApplication server = await ServeAsync(HttpProtocols.Http2, async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            seen = (context.Request.Path, Convert.ToHexString(body.ToArray()));
            context.Response.ContentType = "application/grpc";
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, status });
            context.Response.AppendTrailer("grpc-status", grpcStatus);
        });

        Assert.Equal(expected, $"{await CheckAsync(server, "'grpcHealthCheck': {'serviceName': 'shop'}")}");
        Assert.Equal(("/grpc.health.v1.Health/Check", "00000000060A0473686F70"), seen);
    }

    [Fact]
    public async Task A_TCP_check_sends_and_expects_bytes()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Task<string> server = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptSocketAsync();
            byte[] received = new byte[4];
            await socket.ReceiveAsync(received);
            await socket.SendAsync("xPO"u8.ToArray());
            await socket.SendAsync("NGy"u8.ToArray());
            return Encoding.ASCII.GetString(received);
        });

        Assert.Equal(ProbeResult.Well, await CheckAsync(listener.LocalEndpoint, "'tcpHealthCheck': {'send': {'text': '50494e47'}, 'receive': [{'text': '504f4e47'}]}"));
        Assert.Equal("PING", await server);
    }

    [Theory]
    [InlineData("'tcpHealthCheck': {}")]
    [InlineData("'httpHealthCheck': {'path': '/'}")]
    [InlineData("'grpcHealthCheck': {}")]
    public async Task A_refused_connection_is_a_failure_that_may_pass(string check)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        EndPoint address = listener.LocalEndpoint;
        listener.Stop();
        Assert.Equal(ProbeResult.Failed, await CheckAsync(address, check));
    }

    [Fact]
    public async Task A_silent_server_is_left_when_the_time_is_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var timeout = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CheckAsync(listener.LocalEndpoint, "'httpHealthCheck': {'path': '/'}", timeout.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CheckAsync(listener.LocalEndpoint, "'tcpHealthCheck': {'receive': [{'text': '00'}]}", timeout.Token));
    }

    [Theory]
    [InlineData("'tcpHealthCheck': {}}, {", "more than one")]
    [InlineData("'customHealthCheck': {'name': 'x'}", "is not supported")]
    [InlineData("'httpHealthCheck': {'path': 'healthz'}", "is no path")]
    [InlineData("'tcpHealthCheck': {'send': {'text': 'zz'}}", "is not hexadecimal")]
    [InlineData("'httpHealthCheck': {'path': '/', 'expectedStatuses': [{'start': 0, 'end': 200}]}", "from 100 up")]
    public void A_check_that_makes_no_sense_is_refused(string check, string reason) =>
        Assert.Contains(Compile(check).Reasons, found => found.Contains(reason, StringComparison.Ordinal));

    private static (HealthCheckPolicy? Policy, IReadOnlyList<string> Reasons) Compile(string check)
    {
        var report = new CompileReport();
        var cluster = XdsJson.Parse<Envoy.Config.Cluster.V3.Cluster>($"{{'name': 'c', 'healthChecks': [{{{Times}, {check}}}]}}");
        return (HealthCheckCompiler.Compile(cluster, report.Root), report.Reasons);
    }

    private static Task<ProbeResult> CheckAsync(WebApplication server, string check) =>
        CheckAsync(new IPEndPoint(IPAddress.Loopback, new Uri(server.Urls.Single()).Port), check);

    private static async Task<ProbeResult> CheckAsync(EndPoint address, string check, CancellationToken? cancellation = null)
    {
        (HealthCheckPolicy? policy, IReadOnlyList<string> reasons) = Compile(check);
        Assert.Empty(reasons);
        using HealthProbe probe = HealthProbe.Create(policy!, "c", new RuntimeEndpoint(0, address, string.Empty, new EndpointState()), tls: null);
        return await probe.CheckAsync(cancellation ?? TestContext.Current.CancellationToken);
    }

    private static async Task<WebApplication> ServeAsync(HttpProtocols protocols, RequestDelegate answer)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(options => options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        WebApplication server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        return server;
    }
}
