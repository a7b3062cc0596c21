using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tidegate.Hosting.Background;
using Tidegate.RateLimit.Configuration;
using Tidegate.RateLimit.Counters;
using Tidegate.RateLimit.Limits;
using Tidegate.RateLimit.Serving;
using Tidegate.RateLimit.Statistics;

namespace Tidegate.RateLimit;

/// <summary>A server of Envoy's rate limit service: limits from files, counters in memory or in Redis, pages for the operator.</summary>
public sealed class RateLimitServer : IAsyncDisposable
{
    private const long MaxRequestBodyBytes = 1024 * 1024;

    private readonly WebApplication _application;
    private readonly LimitFiles _files;
    private readonly ICounters _counters;
    private readonly ServerCounts _counts;

    private RateLimitServer(WebApplication application, LimitFiles files, ICounters counters, ServerCounts counts)
    {
        _application = application;
        _files = files;
        _counters = counters;
        _counts = counts;
    }

    /// <summary>What is wrong with the files of limits now.</summary>
    public IReadOnlyList<LimitFileError> Errors => _files.Errors;

    /// <summary>Where it listens: the protocol, then the pages.</summary>
    public IReadOnlyList<IPEndPoint> Addresses =>
        [.. _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(static address => IPEndPoint.Parse(new Uri(address).Authority))];

    /// <summary>Starts one.</summary>
    /// <exception cref="IOException">An address or a file cannot be had; the message says which.</exception>
    /// <exception cref="ArgumentException">What is said of Redis cannot be read.</exception>
    public static async Task<RateLimitServer> StartAsync(RateLimitOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ILogger logger = loggers.CreateLogger("ratelimit");
        var work = new BackgroundWork(logger, time);
        var counts = new ServerCounts(options.MaxDetailedMetrics);
        var files = new LimitFiles(options.Limits, options.ReloadInterval, counts, logger, time);
        files.Load();
        ICounters counters = options.Redis.Length > 0
            ? await RedisCounters.ConnectAsync(options.Redis, options.RedisTimeout, logger).ConfigureAwait(false)
            : InMemory(options, work, logger, time);
        var decider = new RateLimitDecider(
            () => files.Current, counters, new OverLimitCache(options.MaxOverLimitKeys), counts, new DeciderSettings(options.IsShadow, options.TellsRetryAfter, options.KeyPrefix), time);
        var server = new RateLimitServer(Build(options, decider, loggers), files, counters, counts);
        try
        {
            server.Map();
            await server._application.StartAsync().ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        files.Watch(work);
        return server;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
        await _files.DisposeAsync().ConfigureAwait(false);
        await _counters.DisposeAsync().ConfigureAwait(false);
    }

    private static MemoryCounters InMemory(RateLimitOptions options, BackgroundWork work, ILogger logger, TimeProvider time)
    {
        var counters = new MemoryCounters(options.MaxCounters, options.StateFile.Length > 0 ? new CounterFile(options.StateFile) : null, logger, time);
        counters.Watch(work, options.StateInterval);
        return counters;
    }

    private static WebApplication Build(RateLimitOptions options, RateLimitDecider decider, ILoggerFactory loggers)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodyBytes;
            kestrel.Listen(options.Address, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(options.PagesAddress, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddLogging();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(decider);
        builder.Services.AddSingleton<RateLimitGrpcService>();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>(); // signals are the command's
        builder.Services.AddRouting();
        builder.Services.AddGrpc();
        return builder.Build();
    }

    // The protocol's port has no pages, and the pages' port no protocol: each speaks its own version of HTTP.
    private void Map()
    {
        _application.MapGrpcService<RateLimitGrpcService>();
        MapPage("/healthcheck", static http => http.ContentType = "text/plain", () => _counters.Problem ?? "OK", () => _counters.Problem is null ? 200 : 500);
        MapPage("/metrics", static http => http.ContentType = "text/plain; version=0.0.4", () => MetricsText.Write(_counts), static () => 200);
        MapPage("/rlconfig", static http => http.ContentType = "text/plain", Describe, static () => 200);
    }

    private void MapPage(string path, Action<HttpResponse> prepare, Func<string> text, Func<int> status) => _application.MapGet(path, http =>
    {
        prepare(http.Response);
        http.Response.StatusCode = status();
        return http.Response.WriteAsync(text());
    });

    private string Describe()
    {
        var text = new StringBuilder();
        foreach (LimitFileError error in _files.Errors)
        {
            text.Append("error: ").Append(error).Append('\n');
        }

        foreach (LimitRule rule in _files.Current.Domains.Values.SelectMany(static root => root.Rules).OrderBy(static rule => rule.Path, StringComparer.Ordinal))
        {
            string limit = rule.IsUnlimited ? "unlimited" : $"unit={rule.Limit.Unit.ToString().ToUpperInvariant()} requests_per_unit={rule.Limit.RequestsPerUnit}";
            text.Append(CultureInfo.InvariantCulture, $"{rule.Path}: {limit}{(rule.IsShadow ? " shadow_mode" : string.Empty)}\n");
        }

        return text.ToString();
    }

    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
