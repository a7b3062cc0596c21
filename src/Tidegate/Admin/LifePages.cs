namespace Tidegate.Admin;

/// <summary>The pages that change how the server lives.</summary>
internal static class LifePages
{
    private static readonly AdminAnswer Ok = AdminAnswer.Text("OK\n");

    /// <summary>Accepts no new connections; with <c>skip_exit</c> or without, the process stays, as Envoy does.</summary>
    public static AdminAnswer DrainListeners(AdminContext context, IQueryCollection query)
    {
        if (query.ContainsKey("skip_exit") && !query.ContainsKey("graceful"))
        {
            return AdminAnswer.Text(StatusCodes.Status400BadRequest, "skip_exit requires graceful\n");
        }

        // A gateway's listeners are outbound ones: "inbound only" means none of them.
        if (!query.ContainsKey("inboundonly"))
        {
            context.Drain();
        }

        return Ok;
    }

    /// <summary>Denies readiness.</summary>
    public static AdminAnswer FailHealthCheck(AdminContext context, IQueryCollection query)
    {
        context.Proxy.IsHealthy = false;
        return Ok;
    }

    /// <summary>Denies it no more.</summary>
    public static AdminAnswer PassHealthCheck(AdminContext context, IQueryCollection query)
    {
        context.Proxy.IsHealthy = true;
        return Ok;
    }

    /// <summary>Ends the process gently.</summary>
    public static AdminAnswer Quit(AdminContext context, IQueryCollection query)
    {
        context.Quit();
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
