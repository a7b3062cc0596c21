using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Console;
using Tidegate.Admin;

namespace Tidegate.Composition;

/// <summary>
/// The life of a gateway process: starts the gateway and its pages, serves until it is told to end, drains. SIGTERM, SIGINT and
/// <c>/quitquitquit</c> end it gently; a second signal at once (edge.md, L01 to L03).
/// </summary>
internal static partial class RunLoop
{
    /// <summary>Runs a gateway to its end; returns the exit code.</summary>
    /// <param name="options">What it was told.</param>
    /// <param name="started">Called once the gateway serves.</param>
    /// <param name="cancellation">Ends it gently, as SIGTERM does.</param>
    public static async Task<int> RunAsync(RunOptions options, Action? started, CancellationToken cancellation)
    {
        var levels = new LogLevels(options.LogLevel);
        using ILoggerFactory loggers = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogLevel.Trace)
            .AddFilter((category, level) => levels.IsEnabled(category, level))
            .AddConsole(console =>
            {
                console.FormatterName = EventLogFormatter.FormatterName;
                console.LogToStandardErrorThreshold = LogLevel.Trace; // standard output is the access log's
            })
            .AddConsoleFormatter<EventLogFormatter, ConsoleFormatterOptions>());
        ILogger logger = loggers.CreateLogger("main");
        var quit = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration cancelled = cancellation.Register(() => quit.TrySetResult("the command was cancelled"));
        using var signals = new Signals(quit);
        await using var host = new GatewayHost(options, loggers, TimeProvider.System);
        using PosixSignalRegistration reopen = PosixSignalRegistration.Create((PosixSignal)Signals.SigUsr1, context =>
        {
            context.Cancel = true;
            host.Proxy.ReopenLogs();
        });

        // 1. The pages first: they tell how the start goes.
        var context = new AdminContext(
            host.Proxy,
            options,
            levels,
            () => host.GatewayServices,
            () => host.IsStarted,
            Drain: () => _ = host.DrainAsync(),
            Quit: () => quit.TrySetResult("/quitquitquit was asked for"));
        await using GatewayPages pages = await GatewayPages.StartAsync(context, logger);

        // 2. Traffic.
        await host.StartAsync();
        started?.Invoke();

        // 3. The end.
        string reason = await quit.Task;
        LogEnding(logger, reason);
        await host.DrainAsync();
        return 0;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "ending: {Reason}")]
    private static partial void LogEnding(ILogger logger, string reason);

    /// <summary>SIGTERM and SIGINT: the first asks for a gentle end, a second one ends the process where it is.</summary>
    private sealed class Signals : IDisposable
    {
        public const int SigUsr1 = 10;

        private readonly PosixSignalRegistration[] _registrations;
        private readonly TaskCompletionSource<string> _quit;

        public Signals(TaskCompletionSource<string> quit)
        {
            _quit = quit;
            _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, On), PosixSignalRegistration.Create(PosixSignal.SIGINT, On)];
        }

        public void Dispose()
        {
            foreach (PosixSignalRegistration registration in _registrations)
            {
                registration.Dispose();
            }
        }

        private void On(PosixSignalContext context)
        {
            // Not cancelled: the process ends at once, as it would have without us.
            context.Cancel = _quit.TrySetResult($"{context.Signal} was received");
        }
    }
}
