using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tidegate.EndToEnd.Tests.Harness;
using Tidegate.EndToEnd.Tests.Tls;

namespace Tidegate.EndToEnd.Tests.Peers;

/// <summary>A real server (Kestrel) behind the gateway: gRPC, bodies said back at <c>/echo</c>, WebSocket at <c>/socket</c>; over HTTP/1.1, HTTP/2 and HTTP/2 with TLS.</summary>
public sealed class PeerServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private PeerServer(WebApplication application)
    {
        _application = application;
        EndPoints = [.. application.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Select(static address => IPEndPoint.Parse(new Uri(address).Authority))];
    }

    /// <summary>Where it listens: HTTP/1.1, HTTP/2 in the clear, HTTP/2 with TLS.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; }

    /// <summary>Starts it on an address of its own, with that certificate and these pages (text of HTML, which the origin that asks may read, also with credentials).</summary>
    public static async Task<PeerServer> StartAsync(TestCertificate certificate, IReadOnlyDictionary<string, string>? pages = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        IPAddress address = Loopback.Next();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(options =>
        {
            options.AllowAlternateSchemes = true; // the scheme that a gateway passes on is the client's
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MaxRequestBodySize = null;
            options.Listen(address, 0, static listen => listen.Protocols = HttpProtocols.Http1);
            options.Listen(address, 0, static listen => listen.Protocols = HttpProtocols.Http2);
            options.Listen(address, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.UseHttps(certificate.Certificate);
            });
        });
        WebApplication application = builder.Build();
        application.UseWebSockets();
        application.MapGrpcService<PeerService>();
        application.Map("/echo", EchoAsync);
        application.Map("/socket", TalkAsync);
        application.MapGet("/", static context => context.Response.WriteAsync("hello"));
        foreach ((string path, string text) in pages ?? new Dictionary<string, string>())
        {
            application.MapGet(path, context =>
            {
                context.Response.ContentType = "text/html";
                context.Response.Headers.AccessControlAllowOrigin = context.Request.Headers.Origin;
                context.Response.Headers.AccessControlAllowCredentials = "true";
                return context.Response.WriteAsync(text);
            });
        }

        await application.StartAsync(TestContext.Current.CancellationToken);
        return new PeerServer(application);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    // Whole, then back: many clients read nothing of an answer before all of their body is sent.
    private static async Task EchoAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        context.Response.ContentLength = body.Length;
        body.Position = 0;
        await body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task TalkAsync(HttpContext context)
    {
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        byte[] message = new byte[64 * 1024];
        while (await socket.ReceiveAsync(message.AsMemory(), context.RequestAborted) is { } received)
        {
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "goodbye", context.RequestAborted);
                return;
            }

            await socket.SendAsync(message.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }
    }
}
