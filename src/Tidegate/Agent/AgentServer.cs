using System.Net;
using Envoy.Admin.V3;
using Tidegate.Admin;
using Tidegate.Proxy.Listeners;
using Tidegate.Running;

namespace Tidegate.Agent;

/// <summary>
/// The pages of Istio's pilot-agent that a gateway needs (cli.md, 4.6): readiness and metrics for kubelets and scrapers, whatever they call the gateway; the end for the
/// operator on this machine.
/// </summary>
internal static class AgentServer
{
    /// <summary>Where readiness is.</summary>
    public const string ReadinessPath = "/healthz/ready";

    /// <summary>Where metrics are.</summary>
    public const string MetricsPath = "/stats/prometheus";

    /// <summary>Starts serving; throws <see cref="IOException"/> when the address cannot be had.</summary>
    public static async Task<WebApplication> StartAsync(AdminContext context)
    {
        WebApplication application = LocalServer.Create(
            context.Options, new IPEndPoint(context.Options.AdminAddress, context.Options.AgentPort), DescriptorBudget.PageServerLimit());
        application.Run(http => ServeAsync(context, http));
        await application.StartAsync();
        return application;
    }

    /// <summary>Answers a request.</summary>
    public static async Task ServeAsync(AdminContext context, HttpContext http)
    {
        switch (http.Request.Path.Value)
        {
            case ReadinessPath:
                if (NotReadyReason(context) is { } reason)
                {
                    http.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                    await http.Response.WriteAsync(reason + "\n");
                }

                break;
            case MetricsPath or "/metrics":
                AdminAnswer metrics = StatsPage.Prometheus(context, http.Request.Query);
                http.Response.StatusCode = metrics.Status;
                http.Response.ContentType = metrics.ContentType;
                await http.Response.Body.WriteAsync(metrics.Body);
                break;
            case "/quitquitquit":
                await ActAsync(http, () => context.End(new EndRequest("POST /quitquitquit to the agent", AcceptsMeanwhile: true)));
                break;
            case "/drain":
                await ActAsync(http, () => context.Proxy.DrainListeners(DrainScope.All, isGraceful: true, staysOpen: true));
                break;
            default:
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    // Istio's probe says just as well why.
    private static string? NotReadyReason(AdminContext context) => context.Proxy switch
    {
        { NotReadyReason: { } reason } => reason,
        { State: not ServerInfo.Types.State.Live and var state } => $"server is not live, current state is: {state.ToString().ToUpperInvariant()}",
        { IsHealthy: false } => "readiness is denied by /healthcheck/fail",
        _ => context.IsStarted() ? null : "the secrets of the first configuration are still being read",
    };

    private static Task ActAsync(HttpContext http, Action action)
    {
        bool isOperator = IPAddress.IsLoopback(http.Connection.RemoteIpAddress ?? IPAddress.None)
            && RequestSource.IsNamedHere(http.Request)
            && !RequestSource.IsOfForeignPage(http.Request)
            && !RequestSource.IsForwarded(http.Request);
        if (!isOperator)
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
