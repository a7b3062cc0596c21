using System.Collections.Concurrent;

namespace Tidegate.Composition;

/// <summary>The levels of the event log by logger, as <c>/logging</c> shows and changes them while the gateway runs.</summary>
public sealed class LogLevels
{
    /// <summary>The loggers there are: the first part of a category, or what follows "Tidegate.".</summary>
    public static readonly IReadOnlyList<string> Loggers = ["access_log", "admin", "connection", "main", "pilot", "proxy", "runtime", "upstream"];

    private readonly ConcurrentDictionary<string, LogLevel> _levels = new();

    /// <summary>All loggers at one level.</summary>
    public LogLevels(LogLevel level) => SetAll(level);

    /// <summary>The level of a logger.</summary>
    public LogLevel this[string logger]
    {
        get => _levels[logger];
        set => _levels[logger] = value;
    }

    /// <summary>Sets all loggers.</summary>
    public void SetAll(LogLevel level)
    {
        foreach (string logger in Loggers)
        {
            _levels[logger] = level;
        }
    }

    /// <summary>Whether an event of that category and level is shown.</summary>
    public bool IsEnabled(string? category, LogLevel level)
    {
        string[] parts = (category ?? string.Empty).Split('.');
        string name = (parts is ["Tidegate", var part, ..] ? part : parts[0]).ToLowerInvariant();
        if (_levels.TryGetValue(name, out LogLevel own))
        {
            return level >= own && own != LogLevel.None;
        }

        // What is not ours (Kestrel) has to be bad to be worth a line.
        LogLevel other = name == "microsoft" ? LogLevel.Warning : _levels["main"];
        return level >= other && other != LogLevel.None;
    }
}
