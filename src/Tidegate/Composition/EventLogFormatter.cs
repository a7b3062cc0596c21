using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tidegate.Composition;

/// <summary>One line per event: <c>2026-01-02T15:04:05.000Z info   pilot   what happened</c>.</summary>
internal sealed class EventLogFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>The name by which the console logger finds it.</summary>
    public const string FormatterName = "tidegate";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(LevelOf(logEntry.LogLevel).PadRight(8));
        textWriter.Write(ScopeOf(logEntry.Category).PadRight(10));
        textWriter.WriteLine(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is not null)
        {
            textWriter.WriteLine(logEntry.Exception);
        }
    }

    private static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    // Tidegate.Pilot.Sources.ObjectStore -> pilot; what has a short name already keeps it.
    private static string ScopeOf(string category) =>
        category.Split('.') is ["Tidegate", var part, ..] ? part.ToLowerInvariant() : category.Split('.')[0].ToLowerInvariant();
}
