using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.AccessLogs;

/// <summary>
/// One worker's way to the access logs. Formats each line into a buffer of its own and hands it to the file's thread: never
/// waits, and allocates nothing once a file is known. Owned by the worker.
/// </summary>
public sealed class WorkerAccessLogs
{
    private readonly AccessLogFiles _files;
    private readonly int _worker;
    private readonly AccessLogFileStats _stats;
    private readonly byte[] _line;
    private (string Path, AccessLogFile File)[] _known = [];

    internal WorkerAccessLogs(AccessLogFiles files, int worker, AccessLogFileStats stats, int lineBytes)
    {
        _line = new byte[lineBytes];
        _files = files;
        _worker = worker;
        _stats = stats;
    }

    /// <summary>Logs a request that is over (Envoy: <c>DownstreamEnd</c>).</summary>
    public void Write(RuntimeAccessLog log, HttpExchange exchange)
    {
        if (!log.Takes(exchange))
        {
            return;
        }

        int length = log.Format(exchange, _line);
        if (length > 0 && FileOf(log.Path).TryAppend(_worker, _line.AsSpan(0, length)))
        {
            _stats.WriteBuffered++;
        }
        else
        {
            _stats.LogsDropped++;
        }
    }

    private AccessLogFile FileOf(string path)
    {
        foreach ((string known, AccessLogFile file) in _known)
        {
            if (known == path)
            {
                return file;
            }
        }

        AccessLogFile added = _files.FileOf(path);
        _known = [.. _known, (path, added)];
        return added;
    }
}
