using System.Net;
using Microsoft.Extensions.Logging.Console;
using Tidegate.Admin;
using Tidegate.Agent;
using Tidegate.Proxy.Workers;
using Tidegate.Running;
using Tidegate.Settings;

namespace Tidegate.Composition;

/// <summary>The life of a gateway process: starts the gateway and its pages, serves until it is told to end, drains (edge.md, L01 to L03).</summary>
internal static partial class RunLoop
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
        using ILoggerFactory loggers = MakeLoggers(levels.IsEnabled);
        using var end = new ProcessEnd(TimeSpan.FromMilliseconds(options.Proxy.DrainMs) + TeardownTime, loggers.CreateLogger("main"));
        using CancellationTokenRegistration cancelled = cancellation.Register(() => end.TryBegin(new EndRequest("the command was cancelled", AcceptsMeanwhile: false)));
        await ServeAsync(WithSurroundings(options, loggers.CreateLogger("main")), loggers, levels, end, started);
        return 0;
    }

    // What follows from the process and from other options.
    private static RunOptions WithSurroundings(RunOptions options, ILogger logger)
    {
        long descriptors = DescriptorBudget.Descriptors();
        ProxyOptions fitting = DescriptorBudget.Fit(options.Proxy, descriptors);
        if (fitting.MaxConnections < options.Proxy.MaxConnections)
        {
            LogFewDescriptors(logger, descriptors, fitting.MaxConnections, options.Proxy.MaxConnections);
        }

        return options with
        {
            Proxy = fitting with
            {
                OperatorPages = [new IPEndPoint(options.AdminAddress, options.AdminPort), new IPEndPoint(options.AdminAddress, options.AgentPort)],
                PublicPages = PublicPages.NewSocket(),
            },
        };
    }

    private static async Task ServeAsync(RunOptions options, ILoggerFactory loggers, LogLevels levels, ProcessEnd end, Action? started)
    {
        await using var host = new GatewayHost(options, loggers, TimeProvider.System);
        using var signals = new ProcessSignals(end.TryBegin, host.Proxy.ReopenLogs);

        // 1. The pages first: they tell how the start goes.
        var context = new AdminContext(host.Proxy, options, levels, () => host.GatewayServices, () => host.Diagnostics, () => host.IsStarted, request => end.TryBegin(request));
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

    /// <summary>The event log: standard output is the access log's. Whoever does not read standard error loses lines, and holds up nobody.</summary>
    /// <param name="isEnabled">What is told, by logger and level.</param>
    public static ILoggerFactory MakeLoggers(Func<string?, LogLevel, bool> isEnabled) => LoggerFactory.Create(builder => builder
        .SetMinimumLevel(LogLevel.Trace)
        .AddFilter(isEnabled)
        .AddConsole(console =>
        {
            console.FormatterName = EventLogFormatter.FormatterName;
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        })
        .AddConsoleFormatter<EventLogFormatter, ConsoleFormatterOptions>());

    [LoggerMessage(Level = LogLevel.Information, Message = "the process may have {Descriptors} files open, so {Connections} client connections are taken at once and not {Wanted}; allow more (ulimit -n, LimitNOFILE) or ask for fewer with --max-connections")]
    private static partial void LogFewDescriptors(ILogger logger, long descriptors, int connections, int wanted);
}
