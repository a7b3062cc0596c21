using System.Diagnostics.CodeAnalysis;
using Tidegate.Hosting.Files;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.AccessLogs;

/// <summary>
/// One file that access logs go to, with the thread that writes it: the only place where a blocked pipe or a full disk is felt.
/// Workers give it lines through rings of their own; when a ring is full, lines are dropped and counted.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The thread that opens the stream closes it; anyone else might wait for a blocked write.")]
internal sealed class AccessLogFile
{
    // A line waits this long for company, and a missed wake-up is made good after this long.
    private const int GatherMs = 50;
    private const int ParkMs = 1000;
    private const int ReopenDelayMs = 1000;

    private readonly string _path;
    private readonly AccessLogFileStats _stats;
    private readonly Action<string, Exception> _report;
    private readonly LogRing?[] _rings;
    private readonly int _ringBytes;
    private readonly object _wake = new();
    private readonly Thread _thread;
    private Stream? _stream;
    private long _lastOpenMs = long.MinValue / 2;
    private bool _isFailing;
    private bool _isTorn;
    private int _isWakeAsked;
    private int _reopensAsked;
    private int _reopensDone;
    private volatile bool _isParked;
    private volatile bool _isStopping;

    /// <summary>Begins a file with its thread.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="concurrency">How many workers there are.</param>
    /// <param name="ringBytes">Bytes that a worker may be ahead of the file: a power of two.</param>
    /// <param name="stats">Where lines are counted.</param>
    /// <param name="report">Is told that the file cannot be written.</param>
    public AccessLogFile(string path, int concurrency, int ringBytes, AccessLogFileStats stats, Action<string, Exception> report)
    {
        _ringBytes = ringBytes;
        _path = path;
        _stats = stats;
        _report = report;
        _rings = new LogRing?[concurrency];
        _thread = new Thread(Run) { IsBackground = true, Name = $"log {path}" };
        _thread.Start();
    }

    /// <summary>Whether all lines were written and the thread waits for the next one. Any thread.</summary>
    public bool IsResting => _isParked;

    /// <summary>Bytes that wait in all rings. Any thread.</summary>
    public long PendingBytes
    {
        get
        {
            long count = 0;
            for (int i = 0; i < _rings.Length; i++)
            {
                count += Volatile.Read(ref _rings[i])?.Count ?? 0;
            }

            return count;
        }
    }

    /// <summary>Puts a line into the worker's ring; false when it is full. Only the worker with this index. Never waits.</summary>
    public bool TryAppend(int worker, ReadOnlySpan<byte> line)
    {
        LogRing ring = _rings[worker] ?? AddRing(worker);
        bool isTaken = ring.TryAppend(line);
        if (_isParked || ring.Count > _ringBytes / 4)
        {
            Wake();
        }

        return isTaken;
    }

    /// <summary>Closes and opens the file again, after what is there now was written (Envoy: <c>/reopen_logs</c>). Any thread.</summary>
    public void Reopen()
    {
        Interlocked.Increment(ref _reopensAsked);
        Wake();
    }

    /// <summary>Writes what is there and ends the thread; false when the file is blocked for longer than <paramref name="limit"/>.</summary>
    public bool Stop(TimeSpan limit)
    {
        _isStopping = true;
        Wake();
        return _thread.Join(limit);
    }

    private LogRing AddRing(int worker)
    {
        var ring = new LogRing(_ringBytes);
        Volatile.Write(ref _rings[worker], ring);
        return ring;
    }

    // The lock is held by whoever turns the flag, for an instant; the thread gives it back while it waits.
    private void Wake()
    {
        if (Interlocked.Exchange(ref _isWakeAsked, 1) == 0)
        {
            lock (_wake)
            {
                Monitor.Pulse(_wake);
            }
        }
    }

    private bool WaitForWake(int milliseconds)
    {
        lock (_wake)
        {
            if (Volatile.Read(ref _isWakeAsked) == 0)
            {
                Monitor.Wait(_wake, milliseconds);
            }
        }

        return Interlocked.Exchange(ref _isWakeAsked, 0) != 0;
    }

    private void Run()
    {
        while (true)
        {
            // Read before the rings are: what was there when the end was asked for is still written.
            bool isStopping = _isStopping;
            int reopensAsked = Volatile.Read(ref _reopensAsked);
            bool hasWritten = WriteAll();
            if (reopensAsked != _reopensDone)
            {
                _reopensDone = reopensAsked;
                Close();
                TryOpen(isAsked: true);
            }

            if (isStopping)
            {
                Close();
                return;
            }

            // After lines come more lines: gather. Otherwise the next line wakes the thread, and waits for company.
            _isParked = !hasWritten;
            bool isWoken = WaitForWake(hasWritten ? GatherMs : ParkMs);
            _isParked = false;
            if (isWoken && !hasWritten && !_isStopping)
            {
                WaitForWake(GatherMs);
                Interlocked.Increment(ref _stats.FlushedByTimer);
            }
        }
    }

    private bool WriteAll()
    {
        bool hasWritten = false;
        for (int i = 0; i < _rings.Length; i++)
        {
            LogRing? ring = Volatile.Read(ref _rings[i]);
            if (ring is null || ring.Count == 0)
            {
                continue;
            }

            (ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second) = ring.Peek();
            if (!TryWrite(first, second))
            {
                int lines = first.Span.Count((byte)'\n') + second.Span.Count((byte)'\n');
                Interlocked.Add(ref _stats.LogsDropped, lines);
            }

            ring.Take(first.Length + second.Length);
            hasWritten = true;
        }

        return hasWritten;
    }

    private bool TryWrite(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (!TryOpen(isAsked: false))
        {
            return false;
        }

        long start = 0;
        try
        {
            if (_stream!.CanSeek)
            {
                // At the end as it is now: another process may have appended or, to rotate it, cut the file.
                start = _stream.Seek(0, SeekOrigin.End);
                if (_isTorn)
                {
                    _stream.WriteByte((byte)'\n');
                    _isTorn = false;
                }
            }

            _stream.Write(first.Span);
            _stream.Write(second.Span);
            _stream.Flush();
            Interlocked.Increment(ref _stats.WriteCompleted);
            _isFailing = false;
            return true;
        }
        catch (Exception e)
        {
            // Whatever it is, the thread goes on. A disk that became full may have done so in the middle of a line.
            _isTorn = IsLongerThan(start);
            Interlocked.Increment(ref _stats.WriteFailed);
            ReportOnce(e);
            return false;
        }
    }

    private bool IsLongerThan(long length)
    {
        try
        {
            return _stream is { CanSeek: true } && _stream.Length > length;
        }
        catch (IOException)
        {
            return false; // it is as lost as what was written to it
        }
    }

    private bool TryOpen(bool isAsked)
    {
        if (_stream is not null)
        {
            return true;
        }

        if (!isAsked && Environment.TickCount64 - _lastOpenMs < ReopenDelayMs)
        {
            return false;
        }

        _lastOpenMs = Environment.TickCount64;
        try
        {
            switch (_path)
            {
                // Not opened by name: that fails when the stream is a socket, as under some supervisors.
                case "/dev/stdout":
                    _stream = StandardStream.Output();
                    break;
                case "/dev/stderr":
                    _stream = StandardStream.Error();
                    break;
                default:
                    _stream = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                    break;
            }

            return true;
        }
        catch (Exception e)
        {
            Interlocked.Increment(ref _stats.ReopenFailed);
            ReportOnce(e);
            return false;
        }
    }

    private void Close()
    {
        // Not the process's own streams: others write them too.
        (_stream as FileStream)?.Dispose();
        _stream = null;
    }

    private void ReportOnce(Exception exception)
    {
        if (!_isFailing)
        {
            _isFailing = true;
            _report(_path, exception);
        }
    }
}
