using System.Net;
using Tidegate.Running;

namespace Tidegate.Admin;

/// <summary>
/// Serves the admin pages, to whoever is on this machine and to no page of another site in a browser there, nor to a proxy
/// (<see cref="RequestSource"/>).
/// </summary>
internal static class AdminServer
{
    /// <summary>Starts serving; throws <see cref="IOException"/> when the address cannot be had.</summary>
    public static async Task<WebApplication> StartAsync(AdminContext context)
    {
        WebApplication application = LocalServer.Create(
            context.Options, new IPEndPoint(context.Options.AdminAddress, context.Options.AdminPort), DescriptorBudget.PageServerLimit());
        application.Run(request => ServeAsync(context, request));
        await application.StartAsync();
        return application;
    }

    private static Task ServeAsync(AdminContext context, HttpContext http)
    {
        string path = http.Request.Path.Value ?? "/";
        if (!RequestSource.IsNamedHere(http.Request) || RequestSource.IsOfForeignPage(http.Request))
        {
            return WriteAsync(http, AdminAnswer.Text(StatusCodes.Status403Forbidden, "the admin pages answer to an address or localhost as host, and to no other origin\n"));
        }

        if (RequestSource.IsForwarded(http.Request))
        {
            return WriteAsync(http, AdminAnswer.Text(StatusCodes.Status403Forbidden, "the admin pages answer to no proxy\n"));
        }

        if (path == "/")
        {
            return WriteAsync(http, new AdminAnswer(200, "text/html; charset=UTF-8", System.Text.Encoding.UTF8.GetBytes(AdminPages.HomePage())));
        }

        AdminPage? page = AdminPages.Find(path);
        if (page is null)
        {
            return WriteAsync(http, AdminAnswer.Text(StatusCodes.Status404NotFound, "invalid path. " + AdminPages.HelpText()));
        }

        if (page.IsMutating && !HttpMethods.IsPost(http.Request.Method))
        {
            http.Response.Headers.Allow = "POST";
            return WriteAsync(http, AdminAnswer.Text(StatusCodes.Status405MethodNotAllowed, $"Method {http.Request.Method} not allowed, POST required."));
        }

        return WriteAsync(http, page.Answer(context, http.Request.Query));
    }

    private static async Task WriteAsync(HttpContext http, AdminAnswer answer)
    {
        http.Response.StatusCode = answer.Status;
        http.Response.ContentType = answer.ContentType;
        http.Response.Headers.CacheControl = "no-cache, max-age=0";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        await http.Response.Body.WriteAsync(answer.Body);
    }
}
