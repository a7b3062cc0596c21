using System.Collections.Concurrent;

namespace Tidegate.Running;

/// <summary>The levels of the event log by logger, as <c>/logging</c> shows and changes them while the gateway runs.</summary>
public sealed class LogLevels
{
    /// <summary>The loggers there are: the first part of a category, or what follows "Tidegate.".</summary>
    public static readonly IReadOnlyList<string> Loggers =
        ["access_log", "admin", "agent", "config", "connection", "health", "main", "pilot", "proxy", "runtime", "upstream"];

    /// <summary>Loggers of Envoy that have no counterpart of their own here, each with the logger that tells what it would: scripts set them by name.</summary>
    public static readonly IReadOnlyDictionary<string, string> EnvoyLoggers = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["client"] = "upstream",
        ["conn_handler"] = "connection",
        ["dns"] = "upstream",
        ["filter"] = "connection",
        ["hc"] = "health",
        ["health_checker"] = "health",
        ["http"] = "connection",
        ["http2"] = "connection",
        ["misc"] = "main",
        ["pool"] = "upstream",
        ["router"] = "connection",
        ["secret"] = "agent",
    };

    private readonly ConcurrentDictionary<string, LogLevel> _levels = new();

    /// <summary>All loggers at one level.</summary>
    public LogLevels(LogLevel level) => SetAll(level);

    /// <summary>The level of a logger, which may be one of <see cref="EnvoyLoggers"/>.</summary>
    public LogLevel this[string logger]
    {
        get => _levels[EnvoyLoggers.GetValueOrDefault(logger, logger)];
        set => _levels[EnvoyLoggers.GetValueOrDefault(logger, logger)] = value;
    }

    /// <summary>Whether there is such a logger.</summary>
    public static bool IsKnown(string logger) => Loggers.Contains(logger) || EnvoyLoggers.ContainsKey(logger);

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
