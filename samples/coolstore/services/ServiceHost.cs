namespace Coolstore;

/// <summary>What both services share: quiet Kestrel at <c>--urls</c>, a health page.</summary>
internal static class ServiceHost
{
    public static WebApplication Build(string[] options, string defaultUrl)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(options);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        if (builder.Configuration["urls"] is null)
        {
            builder.WebHost.UseUrls(defaultUrl);
        }

        WebApplication app = builder.Build();
        app.MapGet("/healthz", () => "ok\n");
        return app;
    }
}
