using Tidegate.Proxy.Listeners;
using Tidegate.Running;

namespace Tidegate.Admin;

/// <summary>The pages that change how the server lives.</summary>
internal static class LifePages
{
    private static readonly AdminAnswer Ok = AdminAnswer.Text("OK\n");

    /// <summary>
    /// Closes listeners, as Envoy does: at once, or with <c>graceful</c> after the drain time, in which answers say that connections end; with <c>skip_exit</c> that is all.
    /// Readiness does not change.
    /// </summary>
    public static AdminAnswer DrainListeners(AdminContext context, IQueryCollection query)
    {
        bool isGraceful = query.ContainsKey("graceful");
        bool staysOpen = query.ContainsKey("skip_exit");
        if (staysOpen && !isGraceful)
        {
            return AdminAnswer.Text(StatusCodes.Status400BadRequest, "skip_exit requires graceful\n");
        }

        context.Proxy.DrainListeners(query.ContainsKey("inboundonly") ? DrainScope.Inbound : DrainScope.All, isGraceful, staysOpen);
        return Ok;
    }

    /// <summary>Denies readiness, and lets answers close their connections.</summary>
    public static AdminAnswer FailHealthCheck(AdminContext context, IQueryCollection query)
    {
        context.Proxy.IsHealthy = false;
        return Ok;
    }

    /// <summary>Takes that back.</summary>
    public static AdminAnswer PassHealthCheck(AdminContext context, IQueryCollection query)
    {
        context.Proxy.IsHealthy = true;
        return Ok;
    }

    /// <summary>Ends the process: what is under way is finished, nothing new is taken.</summary>
    public static AdminAnswer Quit(AdminContext context, IQueryCollection query)
    {
        context.End(new EndRequest("POST /quitquitquit", AcceptsMeanwhile: false));
        return Ok;
    }

    /// <summary>Counters begin at 0 again.</summary>
    public static AdminAnswer ResetCounters(AdminContext context, IQueryCollection query)
    {
        context.Proxy.Stats.ResetCounters();
        return Ok;
    }

    /// <summary>Closes the access logs and opens them again.</summary>
    public static AdminAnswer ReopenLogs(AdminContext context, IQueryCollection query)
    {
        context.Proxy.ReopenLogs();
        return Ok;
    }
}
