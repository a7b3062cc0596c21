using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Upstream;

/// <summary>Endpoints that are spoken to in HTTP/2: messages, places on connections, resets (http2-envoy.md, sections 5 and 6).</summary>
public sealed class Http2UpstreamTests : IAsyncLifetime
{
    private const string Http2 = "'explicitHttpConfig': {'http2ProtocolOptions': {} }";

    private readonly ConcurrentDictionary<string, int> _connections = new();
    private WebApplication _backend = null!;
    private RequestDelegate _answer = context => context.Response.WriteAsync("ok");

    private IPEndPoint EndPoint
    {
        get
        {
            var address = new Uri(_backend.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
            return new IPEndPoint(IPAddress.Parse(address.Host), address.Port);
        }
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        _backend = builder.Build();
        _backend.Run(context =>
        {
            _connections.AddOrUpdate(context.Connection.Id, 1, static (_, count) => count + 1);
            return _answer(context);
        });
        await _backend.StartAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _backend.DisposeAsync();

    [Fact]
    public async Task A_request_of_HTTP_1_becomes_one_of_HTTP_2_and_its_answer_comes_back()
    {
        (string Protocol, string Scheme, string Host, string Body) seen = default;
        _answer = async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            seen = (context.Request.Protocol, context.Request.Scheme, context.Request.Host.Value!, await reader.ReadToEndAsync());
            context.Response.Headers["x-answer"] = "yes";
            await context.Response.WriteAsync("hello");
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(EndPoint, Http2);

        WireResponse response = await proxy.ExchangeAsync("POST /p HTTP/1.1\r\nHost: shop.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");

        Assert.Equal((200, "hello", "yes"), (response.Status, response.Body, response.Headers["x-answer"]));
        Assert.Equal(("HTTP/2", "http", "shop.test", "abcde"), seen);
        Assert.Equal(1, proxy.Counter("cluster.backend.upstream_cx_http2_total"));
    }

    [Fact]
    public async Task Long_bodies_pass_both_ways_within_the_windows()
    {
        byte[] body = new byte[3_000_000];
        new Random(1).NextBytes(body);
        _answer = context => context.Request.Body.CopyToAsync(context.Response.Body);
        await using XdsProxy proxy = await XdsProxy.StartAsync(EndPoint, Http2);
        using RawClient client = await proxy.ConnectAsync();

        Task sending = Task.Run(async () =>
        {
            await client.SendAsync($"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {body.Length}\r\n\r\n");
            await client.SendAsync(body);
        }, TestContext.Current.CancellationToken);
        WireResponse response = await client.ReadResponseAsync();
        await sending;

        Assert.Equal(body, response.BodyBytes);
    }

    [Fact]
    public async Task Trailers_reach_a_client_of_HTTP_1_that_reads_them_where_the_listener_passes_them()
    {
        _answer = async context =>
        {
            await context.Response.WriteAsync("x");
            context.Response.AppendTrailer("grpc-status", "0");
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(EndPoint, Http2, "'httpProtocolOptions': {'enableTrailers': true}");
        using RawClient client = await proxy.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nConnection: close\r\n\r\n");
        string text = Encoding.ASCII.GetString(await client.Reader.ReadToEndAsync(TestContext.Current.CancellationToken));

        Assert.EndsWith("1\r\nx\r\n0\r\ngrpc-status: 0\r\n\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_carries_as_many_requests_as_it_may_and_others_get_another_one()
    {
        var gate = new TaskCompletionSource();
        _answer = async context =>
        {
            await gate.Task;
            await context.Response.WriteAsync("ok");
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(EndPoint, "'explicitHttpConfig': {'http2ProtocolOptions': {'maxConcurrentStreams': 2} }");

        Task<WireResponse>[] requests = [.. Enumerable.Range(0, 5).Select(_ => proxy.GetAsync())];
        await Eventually.HoldsAsync(() => _connections.Values.Sum() == 5, "all five are at the backend");
        gate.SetResult();
        WireResponse[] responses = await Task.WhenAll(requests);

        Assert.All(responses, static response => Assert.Equal(200, response.Status));
        Assert.Equal([1, 2, 2], _connections.Values.Order());
    }

    [Fact]
    public async Task A_stream_that_the_backend_resets_is_a_503_and_its_connection_lives()
    {
        _answer = context =>
        {
            if (context.Request.Path == "/reset")
            {
                context.Abort();
            }

            return Task.CompletedTask;
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(EndPoint, Http2);

        WireResponse reset = await proxy.GetAsync("/reset");
        WireResponse next = await proxy.GetAsync();

        Assert.Equal((503, 200), (reset.Status, next.Status));
        Assert.EndsWith("reset reason: remote reset", reset.Body, StringComparison.Ordinal);
        Assert.Single(_connections);
    }

    [Fact]
    public async Task A_client_that_leaves_takes_its_stream_with_it_and_nothing_else()
    {
        var began = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        _answer = async context =>
        {
            if (context.Request.Path == "/slow")
            {
                context.RequestAborted.Register(aborted.SetResult);
                began.SetResult();
                await aborted.Task;
            }
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(EndPoint, Http2);
        using (RawClient client = await proxy.ConnectAsync())
        {
            await client.SendAsync("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
            await began.Task.WaitAsync(TestContext.Current.CancellationToken);
        }

        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(200, (await proxy.GetAsync()).Status);
        Assert.Single(_connections);
    }

    [Fact]
    public async Task An_endpoint_that_closes_in_order_costs_no_request()
    {
        _answer = context =>
        {
            if (context.Request.Path == "/last")
            {
                context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeNotificationFeature>()?.RequestClose();
            }

            return Task.CompletedTask;
        };
        await using XdsProxy proxy = await XdsProxy.StartAsync(EndPoint, Http2);

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(200, (await proxy.GetAsync("/last")).Status);
        }
    }
}
