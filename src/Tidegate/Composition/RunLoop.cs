using Microsoft.Extensions.Logging.Console;
using Tidegate.Admin;

namespace Tidegate.Composition;

/// <summary>The life of a gateway process: starts the gateway and its pages, serves until it is told to end, drains (edge.md, L01 to L03).</summary>
internal static class RunLoop
{
    // What is left to do after the drain: stop threads, close files.
    private static readonly TimeSpan TeardownTime = TimeSpan.FromSeconds(10);

    /// <summary>Runs a gateway to its end; returns the exit code.</summary>
    /// <param name="options">What it was told.</param>
    /// <param name="started">Called once the gateway serves.</param>
    /// <param name="cancellation">Ends it gently, as Ctrl-C does.</param>
    public static async Task<int> RunAsync(RunOptions options, Action? started, CancellationToken cancellation)
    {
        var levels = new LogLevels(options.LogLevel);
        using ILoggerFactory loggers = MakeLoggers(levels);
        using var end = new ProcessEnd(TimeSpan.FromMilliseconds(options.Proxy.DrainMs) + TeardownTime, loggers.CreateLogger("main"));
        using CancellationTokenRegistration cancelled = cancellation.Register(() => end.TryBegin(new EndRequest("the command was cancelled", AcceptsMeanwhile: false)));
        await ServeAsync(options, loggers, levels, end, started);
        return 0;
    }

    private static async Task ServeAsync(RunOptions options, ILoggerFactory loggers, LogLevels levels, ProcessEnd end, Action? started)
    {
        await using var host = new GatewayHost(options, loggers, TimeProvider.System);
        using var signals = new ProcessSignals(end.TryBegin, host.Proxy.ReopenLogs);

        // 1. The pages first: they tell how the start goes.
        var context = new AdminContext(host.Proxy, options, levels, () => host.GatewayServices, () => host.IsStarted, request => end.TryBegin(request));
        await using GatewayPages pages = await GatewayPages.StartAsync(context, loggers.CreateLogger("main"));

        // 2. Traffic. A start that waits for something ends as well.
        Task starting = host.StartAsync();
        if (await Task.WhenAny(starting, end.Requested) == starting)
        {
            await starting;
            started?.Invoke();
        }

        // 3. The end.
        EndRequest request = await end.Requested;
        await host.Proxy.EndAsync(request.AcceptsMeanwhile);
    }

    // Standard output is the access log's. Whoever does not read standard error loses lines, and holds up nobody.
    private static ILoggerFactory MakeLoggers(LogLevels levels) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(LogLevel.Trace)
        .AddFilter((category, level) => levels.IsEnabled(category, level))
        .AddConsole(console =>
        {
            console.FormatterName = EventLogFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        })
        .AddConsoleFormatter<EventLogFormatter, ConsoleFormatterOptions>());
}
