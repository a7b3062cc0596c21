using Tidegate.RateLimit;
using Tidegate.Running;

namespace Tidegate.Composition;

/// <summary>The life of a rate limit server's process: serves until it is told to end, and keeps its counters then.</summary>
internal static partial class RateLimitRun
{
    // Answers under way, and a file of counters.
    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(10);

    /// <summary>Runs a server to its end; returns the exit code.</summary>
    /// <param name="options">What it was told.</param>
    /// <param name="level">The least level of the event log.</param>
    /// <param name="cancellation">Ends it gently, as Ctrl-C does.</param>
    public static async Task<int> RunAsync(RateLimitOptions options, LogLevel level, CancellationToken cancellation)
    {
        using ILoggerFactory loggers = RunLoop.MakeLoggers((_, at) => at >= level);
        ILogger logger = loggers.CreateLogger("main");
        using var end = new ProcessEnd(EndTime, logger);
        using var signals = new ProcessSignals(end.TryBegin, static () => { });
        using CancellationTokenRegistration cancelled = cancellation.Register(() => end.TryBegin(new EndRequest("the command was cancelled", AcceptsMeanwhile: false)));
        await using RateLimitServer server = await RateLimitServer.StartAsync(options, loggers, TimeProvider.System);
        LogServing(logger, server.Addresses[0], server.Addresses[1]);
        await end.Requested;
        return 0;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "limits are served at {Address}, pages at {Pages}")]
    private static partial void LogServing(ILogger logger, object address, object pages);
}
