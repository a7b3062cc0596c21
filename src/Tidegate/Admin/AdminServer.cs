using System.Net;
using Microsoft.AspNetCore.Http.Extensions;

namespace Tidegate.Admin;

/// <summary>
/// Serves the admin pages. They have no password, as Envoy's have none: they listen on the loopback only, and a page in the
/// operator's browser cannot use them, because a request has to name an address or localhost as its host and no foreign origin.
/// </summary>
internal static class AdminServer
{
    /// <summary>Starts serving; throws <see cref="IOException"/> when the address cannot be had.</summary>
    public static async Task<WebApplication> StartAsync(AdminContext context)
    {
        WebApplication application = LocalServer.Create(context.Options.AdminAddress, context.Options.AdminPort);
        application.Run(request => ServeAsync(context, request));
        await application.StartAsync();
        return application;
    }

    private static Task ServeAsync(AdminContext context, HttpContext http)
    {
        if (!IsFromHere(http.Request))
        {
            return WriteAsync(http, AdminAnswer.Text(StatusCodes.Status403Forbidden, "the admin pages answer to an address or localhost as host, and to no other origin\n"));
        }

        string path = http.Request.Path.Value ?? "/";
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

    private static bool IsFromHere(HttpRequest request)
    {
        string host = request.Host.Host.Trim('[', ']');
        bool isNamed = host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host, out _);
        string? origin = request.Headers.Origin;
        return isNamed && (string.IsNullOrEmpty(origin) || origin == UriHelper.BuildAbsolute(request.Scheme, request.Host).TrimEnd('/'));
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

/// <summary>A small Kestrel on one address.</summary>
internal static class LocalServer
{
    /// <summary>Makes it; nothing of the environment or of files configures it.</summary>
    public static WebApplication Create(IPAddress address, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, port);
        });
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>(); // signals are the gateway's
        return builder.Build();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
