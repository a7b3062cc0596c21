using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Tidegate.Composition;

/// <summary>One line per event: <c>2026-01-02T15:04:05.000Z info     pilot      what happened</c>.</summary>
internal sealed partial class EventLogFormatter() : ConsoleFormatter(FormatterName)
{
    /// <summary>The name by which the console logger finds it.</summary>
    public const string FormatterName = "tidegate";

    private const int LevelWidth = 8; // critical
    private const int ScopeWidth = 10; // access_log, connection

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
        textWriter.Write(' ');
        textWriter.Write(LevelOf(logEntry.LogLevel).PadRight(LevelWidth));
        textWriter.Write(' ');
        textWriter.Write(ScopeOf(logEntry.Category).PadRight(ScopeWidth));
        textWriter.Write(' ');
        textWriter.Write(OnOneLine(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (logEntry.Exception is not null)
        {
            textWriter.Write(": ");
            textWriter.Write(OnOneLine(logEntry.Exception.ToString()));
        }

        textWriter.Write('\n');
    }

    // An event is a line, whatever is in it: what reads the log goes by lines, and nobody's text can pass for an event of ours. The frames of a stack stay apart by
    // what stands before each.
    private static string OnOneLine(string text)
    {
        string joined = LineBreaks().Replace(text.Trim(), " | ");
        return joined.Any(char.IsControl) ? string.Concat(joined.Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString())) : joined;
    }

    [GeneratedRegex(@"\s*[\r\n]+\s*")]
    private static partial Regex LineBreaks();

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
