using System.Numerics;
using Microsoft.Extensions.Logging;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.AccessLogs;

/// <summary>
/// All files that access logs go to. One for the whole proxy: a file that several logs name is written by one thread. A file
/// stays open when the last log that names it is gone.
/// </summary>
public sealed partial class AccessLogFiles
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, AccessLogFile> _files = [];
    private readonly StatScope<AccessLogFileStats> _stats;
    private readonly ILogger _logger;
    private readonly int _lineBytes;
    private readonly int _ringBytes;

    /// <summary>Makes them; threads start with the first line of a file.</summary>
    /// <param name="stats">Where lines are counted.</param>
    /// <param name="loggers">Where it is told that a file cannot be written.</param>
    /// <param name="lineBytes">The longest line, its end included.</param>
    /// <param name="bufferBytes">Bytes that a worker may be ahead of a file; rounded up to a power of two, and to a line.</param>
    public AccessLogFiles(StatsStore stats, ILoggerFactory loggers, int lineBytes, int bufferBytes)
    {
        _ringBytes = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(lineBytes, bufferBytes));
        _lineBytes = lineBytes;
        _stats = stats.AccessLogFiles;
        _logger = loggers.CreateLogger("access_log");
        stats.AddSampler(CountPending);
    }

    /// <summary>What the worker with this index writes its logs through.</summary>
    public WorkerAccessLogs ForWorker(int worker) => new(this, worker, _stats.ForWorker(worker), _lineBytes);

    /// <summary>Closes all files and opens them again (Envoy: <c>/reopen_logs</c>, SIGUSR1). Returns at once.</summary>
    public void Reopen()
    {
        lock (_lock)
        {
            foreach (AccessLogFile file in _files.Values)
            {
                file.Reopen();
            }
        }
    }

    /// <summary>
    /// Writes what is there and ends all threads, after the workers have stopped. A file that is blocked for longer than
    /// <paramref name="limit"/> is left behind, with its lines.
    /// </summary>
    public void Stop(TimeSpan limit)
    {
        lock (_lock)
        {
            long end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
            foreach ((string path, AccessLogFile file) in _files)
            {
                if (!file.Stop(TimeSpan.FromMilliseconds(Math.Max(0, end - Environment.TickCount64))))
                {
                    LogLeftBehind(_logger, path, file.PendingBytes);
                }
            }

            _files.Clear();
        }
    }

    internal AccessLogFile FileOf(string path)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(path, out AccessLogFile? file))
            {
                file = new AccessLogFile(path, _stats.Concurrency, _ringBytes, _stats.Main, (name, exception) => LogFailure(_logger, name, exception.Message));
                _files.Add(path, file);
            }

            return file;
        }
    }

    private void CountPending()
    {
        lock (_lock)
        {
            _stats.Main.WriteTotalBuffered = _files.Values.Sum(static file => file.PendingBytes);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "access log {Path} cannot be written ({Reason}); its lines are dropped until it can")]
    private static partial void LogFailure(ILogger logger, string path, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "access log {Path} is blocked; {Bytes} bytes of lines are lost")]
    private static partial void LogLeftBehind(ILogger logger, string path, long bytes);
}
