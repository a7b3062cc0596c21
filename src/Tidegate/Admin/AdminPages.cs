using System.Text;

namespace Tidegate.Admin;

/// <summary>All pages of the admin port, in the order of <c>/help</c> (cli.md, 4.5): Envoy's, and what is Tidegate's own.</summary>
internal static class AdminPages
{
    /// <summary>The list.</summary>
    public static readonly IReadOnlyList<AdminPage> All =
    [
        new("/certs", "print certs on machine", (context, _) => CertificatesPage.Answer(context)),
        new("/clusters", "upstream cluster status", ClustersPage.Answer),
        new("/config_dump", "dump current configs (resource, mask, name_regex, include_eds)", ConfigDumpPage.Answer),
        new("/drain_listeners", "drain listeners (graceful, skip_exit, inboundonly)", LifePages.DrainListeners, IsMutating: true),
        new("/healthcheck/fail", "cause the server to fail health checks", LifePages.FailHealthCheck, IsMutating: true),
        new("/healthcheck/ok", "cause the server to pass health checks", LifePages.PassHealthCheck, IsMutating: true),
        new("/help", "print out list of admin commands", (_, _) => AdminAnswer.Text(HelpText())),
        new("/hot_restart_version", "print the hot restart compatibility version", (_, _) => AdminAnswer.Text("disabled")),
        new("/init_dump", "dump current init manager information", (_, _) => AdminAnswer.Json("{}\n")),
        new("/listeners", "print listener info", ListenersPage.Answer),
        new("/logging", "query or change logging levels", LoggingPage.Answer, IsMutating: true),
        new("/memory", "print current allocation and heap usage", (_, _) => ServerInfoPage.Memory()),
        new("/quitquitquit", "exit the server", LifePages.Quit, IsMutating: true),
        new("/ready", "print server state, return 200 if LIVE, otherwise return 503", (context, _) => ServerInfoPage.Ready(context)),
        new("/reopen_logs", "reopen access logs", LifePages.ReopenLogs, IsMutating: true),
        new("/reset_counters", "reset all counters to zero", LifePages.ResetCounters, IsMutating: true),
        new("/runtime", "print runtime values", (_, _) => AdminAnswer.Json("{\n \"layers\": [],\n \"entries\": {}\n}\n")),
        new("/server_info", "print server version and status information", (context, _) => ServerInfoPage.Answer(context)),
        new("/stats", "print server stats (usedonly, filter, format, type, histogram_buckets)", StatsPage.Answer),
        new("/stats/prometheus", "print server stats in Prometheus format", StatsPage.Prometheus),
        new("/tidegate/diagnostics", "what does not work as it is written in the configuration (format)", DiagnosticsPage.Answer),
        new("/tidegate/policies", "policies in force, or with path what they make of a request (method, host, path, header, from, port, claims, format)", PoliciesPage.Answer),
        new("/tidegate/services", "the Services by which clients reach the gateway", (context, _) => ServicesPage.Answer(context)),
    ];

    /// <summary>The page of a path; null when there is none.</summary>
    public static AdminPage? Find(string path) => All.FirstOrDefault(page => page.Path == path);

    /// <summary>What <c>/help</c> prints.</summary>
    public static string HelpText()
    {
        var text = new StringBuilder("admin commands are:\n  /: Admin home page\n");
        foreach (AdminPage page in All)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"  {page.Path}{(page.IsMutating ? " (POST)" : string.Empty)}: {page.Help}\n");
        }

        return text.ToString();
    }

    /// <summary>The page of <c>/</c>.</summary>
    public static string HomePage()
    {
        var html = new StringBuilder("<!DOCTYPE html>\n<html><head><title>Tidegate Admin</title></head><body><table>\n<thead><th>Command</th><th>Description</th></thead>\n");
        foreach (AdminPage page in All)
        {
            string command = page.IsMutating
                ? $"<form action=\"{page.Path[1..]}\" method=\"post\"><button>{page.Path[1..]}</button></form>"
                : $"<a href=\"{page.Path[1..]}\">{page.Path[1..]}</a>";
            html.Append(System.Globalization.CultureInfo.InvariantCulture, $"<tr><td>{command}</td><td>{page.Help}</td></tr>\n");
        }

        return html.Append("</table></body></html>\n").ToString();
    }
}
