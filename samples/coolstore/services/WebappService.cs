namespace Coolstore;

/// <summary>
/// The shop's face: <c>GET /api/catalog</c> and <c>GET /api/catalog/ID</c>, answered by asking the catalog service;
/// <c>GET /</c> says what it is.
/// </summary>
public static class WebappService
{
    // Passed on so that a trace of the request holds together across the services.
    private static readonly string[] PropagatedHeaders =
        ["x-request-id", "traceparent", "tracestate", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "b3"];

    /// <summary>Builds the service, not started yet. Options: <c>--urls</c>, <c>--catalog</c> (the catalog's base address).</summary>
    public static WebApplication Create(string[] options)
    {
        WebApplication app = ServiceHost.Build(options, "http://127.0.0.1:18080");
        var catalog = new HttpClient { BaseAddress = new Uri(app.Configuration["catalog"] ?? "http://127.0.0.1:13000") };
        app.MapGet("/", () => "coolstore webapp: try /api/catalog\n");
        app.MapGet("/api/catalog", (HttpContext context) => ForwardAsync(catalog, "/items", context));
        app.MapGet("/api/catalog/{id:int}", (int id, HttpContext context) => ForwardAsync(catalog, $"/items/{id}", context));
        return app;
    }

    private static async Task ForwardAsync(HttpClient catalog, string path, HttpContext context)
    {
        using var question = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (string header in PropagatedHeaders)
        {
            if (context.Request.Headers.TryGetValue(header, out var value))
            {
                question.Headers.TryAddWithoutValidation(header, (string?)value);
            }
        }

        HttpResponseMessage answer;
        try
        {
            answer = await catalog.SendAsync(question, context.RequestAborted);
        }
        catch (HttpRequestException unreachable)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            await context.Response.WriteAsync($"the catalog at {catalog.BaseAddress} does not answer: {unreachable.Message}\n", context.RequestAborted);
            return;
        }

        using (answer)
        {
            byte[] body = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body, context.RequestAborted);
        }
    }
}
