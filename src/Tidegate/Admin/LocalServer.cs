using System.Net;
using Microsoft.AspNetCore.Connections;
using Tidegate.Settings;

namespace Tidegate.Admin;

/// <summary>
/// A small Kestrel on one address, for the operator's pages. It has few connections and little patience: whoever waits on one gets it closed, and whoever opens many is
/// refused, so that the next one finds it.
/// </summary>
internal static class LocalServer
{
    // No page takes a body.
    private const long MaxRequestBodyBytes = 64 * 1024;

    /// <summary>Makes it; nothing of the environment or of files configures it.</summary>
    /// <param name="options">How many connections it has, and for how long.</param>
    /// <param name="address">Where it listens.</param>
    /// <param name="descriptorLimit">What is beyond is not for its connections.</param>
    public static WebApplication Create(RunOptions options, EndPoint address, int descriptorLimit)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.Proxy.MaxPageConnections;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMilliseconds(options.Proxy.PageIdleTimeoutMs);
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(options.Proxy.PageIdleTimeoutMs);
            kestrel.Listen(address);
        });
        builder.Services.AddLogging(logging => logging.ClearProviders());
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new PatientListenerFactory(services.GetRequiredService<ILoggerFactory>(), descriptorLimit));
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>(); // signals are the gateway's
        return builder.Build();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
