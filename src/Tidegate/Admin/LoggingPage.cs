using System.Text;
using Tidegate.Running;

namespace Tidegate.Admin;

/// <summary>Shows and changes the levels of the event log (cli.md, 3.6 and 4.5).</summary>
internal static class LoggingPage
{
    private const string Usage =
        "usage: /logging?<name>=<level> (change single level)\n"
        + "usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)\n"
        + "usage: /logging?level=<level> (change all levels)\n"
        + "levels: trace debug info warning error critical off\n";

    /// <summary>Answers <c>/logging</c>.</summary>
    public static AdminAnswer Answer(AdminContext context, IQueryCollection query)
    {
        string? error = query.Count switch
        {
            0 => null,
            1 => Change(context.Levels, query.Keys.First(), query.First().Value.ToString()),
            _ => "invalid parameter: only one is taken at a time",
        };
        string loggers = TextOf(context.Levels);
        return error is null
            ? AdminAnswer.Text(loggers)
            : AdminAnswer.Text(StatusCodes.Status400BadRequest, $"error: {error}\n{Usage}{loggers}");
    }

    // Null: done. All of it is checked before any of it is changed.
    private static string? Change(LogLevels levels, string name, string value)
    {
        if (name == "level")
        {
            if (LevelOf(value) is not { } all)
            {
                return $"unknown logger level: {value}";
            }

            levels.SetAll(all);
            return null;
        }

        List<(string Logger, LogLevel Level)> changes = [];
        foreach (string change in name == "paths" ? value.Split(',') : [$"{name}:{value}"])
        {
            string[] parts = change.Split(':');
            if (parts.Length != 2 || !LogLevels.IsKnown(parts[0]))
            {
                return $"unknown logger name: {parts[0]}";
            }

            if (LevelOf(parts[1]) is not { } level)
            {
                return $"unknown logger level: {parts[1]}";
            }

            changes.Add((parts[0], level));
        }

        foreach ((string logger, LogLevel level) in changes)
        {
            levels[logger] = level;
        }

        return null;
    }

    private static string TextOf(LogLevels levels)
    {
        var text = new StringBuilder("active loggers:\n");
        foreach (string logger in LogLevels.Loggers.Concat(LogLevels.EnvoyLoggers.Keys).Order(StringComparer.Ordinal))
        {
            text.Append("  ").Append(logger).Append(": ").Append(NameOf(levels[logger])).Append('\n');
        }

        return text.Append('\n').ToString();
    }

    private static LogLevel? LevelOf(string name) => name switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warning" or "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "critical" => LogLevel.Critical,
        "off" => LogLevel.None,
        _ => null,
    };

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        LogLevel.Critical => "critical",
        _ => "off",
    };
}
