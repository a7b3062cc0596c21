using System.Net;
using System.Net.Sockets;
using Tidegate.Admin;
using Tidegate.Running;

namespace Tidegate.Agent;

/// <summary>
/// What is behind the ports that everybody reaches: readiness and metrics, and no other page. It listens on a socket that has no port, so that neither who waits at the
/// operator's ports nor who finds a way around a path gets between the kubelet and its answer. The bootstrap shows Istio's addresses for it.
/// </summary>
internal static class PublicPages
{
    /// <summary>A name for the socket that no other process has (unix(7), abstract names).</summary>
    public static EndPoint NewSocket() => new UnixDomainSocketEndPoint($"\0tidegate-{Environment.ProcessId}-{Guid.NewGuid():N}");

    /// <summary>Starts serving.</summary>
    public static async Task<WebApplication> StartAsync(AdminContext context)
    {
        WebApplication application = LocalServer.Create(context.Options, context.Options.Proxy.PublicPages!, DescriptorBudget.PublicServerLimit());
        application.Run(http =>
        {
            if (http.Request.Path.Value is AgentServer.ReadinessPath or AgentServer.MetricsPath)
            {
                return AgentServer.ServeAsync(context, http);
            }

            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        await application.StartAsync();
        return application;
    }
}
