using System.Buffers;
using System.Net;
using Envoy.Admin.V3;
using Tidegate.Admin;
using Tidegate.Proxy.Telemetry.Output;

namespace Tidegate.Agent;

/// <summary>The pages of Istio's pilot-agent that a gateway needs (cli.md, 4.6): readiness, metrics, and the end.</summary>
internal static class AgentServer
{
    /// <summary>Starts serving; throws <see cref="IOException"/> when the address cannot be had.</summary>
    public static async Task<WebApplication> StartAsync(AdminContext context)
    {
        WebApplication application = LocalServer.Create(context.Options.AdminAddress, context.Options.AgentPort);
        application.Run(http => ServeAsync(context, http));
        await application.StartAsync();
        return application;
    }

    private static async Task ServeAsync(AdminContext context, HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case "/healthz/ready":
                bool isReady = context.IsStarted() && context.Proxy.State == ServerInfo.Types.State.Live && context.Proxy.IsHealthy;
                http.Response.StatusCode = isReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
                break;
            case "/stats/prometheus" or "/metrics":
                var buffer = new ArrayBufferWriter<byte>(64 * 1024);
                PrometheusText.Write(context.Proxy.Stats.Sample(), StatsQuery.All, buffer);
                http.Response.ContentType = PrometheusText.ContentType;
                await http.Response.Body.WriteAsync(buffer.WrittenMemory);
                break;
            case "/quitquitquit":
                await ActAsync(http, context.Quit);
                break;
            case "/drain":
                await ActAsync(http, context.Drain);
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private static Task ActAsync(HttpContext http, Action action)
    {
        if (!IPAddress.IsLoopback(http.Connection.RemoteIpAddress ?? IPAddress.None))
        {
            http.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        }

        if (!HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            return Task.CompletedTask;
        }

        action();
        return http.Response.WriteAsync("OK");
    }
}
