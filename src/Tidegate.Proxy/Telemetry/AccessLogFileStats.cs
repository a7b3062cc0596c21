namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy counts of all file access logs together, under <c>filesystem.</c>.
/// Each worker counts its lines; the writer threads share <see cref="StatScope{T}.Main"/> and add to it atomically.
/// </summary>
public sealed class AccessLogFileStats
{
    /// <summary><c>logs_dropped</c>: Lines dropped because the file is blocked and the queue is full (Envoy has this name for its gRPC log only; its file queue is unbounded).</summary>
    public long LogsDropped;

    /// <summary><c>write_buffered</c>: Lines put into a buffer.</summary>
    public long WriteBuffered;

    /// <summary><c>write_completed</c>: Writes to a file that succeeded.</summary>
    public long WriteCompleted;

    /// <summary><c>write_failed</c>: Writes to a file that failed.</summary>
    public long WriteFailed;

    /// <summary><c>flushed_by_timer</c>: Buffers given to the writer because of their age.</summary>
    public long FlushedByTimer;

    /// <summary><c>reopen_failed</c>: Times a file could not be opened again.</summary>
    public long ReopenFailed;

    /// <summary><c>write_total_buffered</c>: Bytes that wait to be written.</summary>
    public long WriteTotalBuffered;
}
