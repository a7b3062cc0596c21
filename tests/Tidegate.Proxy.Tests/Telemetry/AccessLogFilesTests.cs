using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Tests.Telemetry;

public sealed class AccessLogFilesTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("tidegate-log-");
    private readonly StatsStore _stats = new(2);
    private readonly RecordingLoggers _loggers = new();
    private readonly AccessLogFiles _files;

    public AccessLogFilesTests() => _files = new AccessLogFiles(_stats, _loggers, lineBytes: 4096, bufferBytes: 1024 * 1024);

    private string LogPath => Path.Combine(_directory.FullName, "access.log");

    public void Dispose()
    {
        _files.Stop(TimeSpan.FromSeconds(1));
        _directory.Delete(recursive: true);
    }

    [Fact]
    public void Lines_of_all_workers_are_whole_and_in_the_workers_order()
    {
        const int lines = 20_000;
        RuntimeAccessLog log = AccessLogTests.Compile(AccessLogTests.TextLog("%BYTES_RECEIVED% %BYTES_SENT%\n", LogPath));
        Thread[] workers = [.. Enumerable.Range(0, 2).Select(worker => new Thread(() =>
        {
            WorkerAccessLogs logs = _files.ForWorker(worker);
            HttpExchange exchange = SampleExchange.Create();
            exchange.RequestBodyBytes = worker;
            for (int i = 0; i < lines; i++)
            {
                exchange.ResponseBodyBytes = i;
                logs.Write(log, exchange);
            }
        }))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        _files.Stop(Patience);

        string[] written = File.ReadAllLines(LogPath);
        Assert.Equal(Expected(0, lines), written.Where(line => line.StartsWith("0 ", StringComparison.Ordinal)));
        Assert.Equal(Expected(1, lines), written.Where(line => line.StartsWith("1 ", StringComparison.Ordinal)));
        Assert.Equal(2 * lines, written.Length);
        Assert.Equal(2 * lines, Stat("write_buffered"));
        Assert.Equal(0, Stat("logs_dropped"));
        Assert.Equal(0, Stat("write_total_buffered"));
        Assert.InRange(Stat("write_completed"), 1, 2 * lines);
    }

    [Fact]
    public void A_line_is_in_the_file_soon_without_another_one_behind_it()
    {
        // One line wakes a writer that rests. It may just then have looked around by itself, so that it is not the line that woke it: another one is.
        string written = "";
        do
        {
            Write("line\n");
            written += "line\n";
            WaitFor(() => Content(LogPath) == written && _files.FileOf(LogPath).IsResting);
        }
        while (Stat("flushed_by_timer") == 0);
    }

    [Fact]
    public void Lines_are_appended_to_what_is_there()
    {
        File.WriteAllText(LogPath, "before\n");
        Write("after\n");
        _files.Stop(Patience);

        Assert.Equal("before\nafter\n", Content(LogPath));
    }

    [Fact]
    public void A_file_that_was_cut_is_appended_to_at_its_new_end()
    {
        Write("before\n");
        WaitFor(() => Content(LogPath) == "before\n");
        File.WriteAllText(LogPath, "");
        Write("after\n");
        _files.Stop(Patience);

        Assert.Equal("after\n", Content(LogPath));
    }

    [Fact]
    public void R01_reopening_goes_on_in_a_new_file_after_a_rename()
    {
        Write("old\n");
        WaitFor(() => Content(LogPath) == "old\n");
        File.Move(LogPath, LogPath + ".1");
        Write("still old\n");
        WaitFor(() => Content(LogPath + ".1") == "old\nstill old\n");
        _files.Reopen();
        WaitFor(() => File.Exists(LogPath));
        Write("new\n");
        _files.Stop(Patience);

        Assert.Equal("old\nstill old\n", Content(LogPath + ".1"));
        Assert.Equal("new\n", Content(LogPath));
    }

    [Fact]
    public void R01_a_pipe_that_nobody_reads_holds_up_no_worker_and_resumes()
    {
        using FileStream pipe = MakePipe();
        RuntimeAccessLog log = AccessLogTests.Compile(AccessLogTests.TextLog(new string('x', 1000) + "\n", LogPath));
        WorkerAccessLogs logs = _files.ForWorker(0);
        HttpExchange exchange = SampleExchange.Create();
        const int lines = 10_000;
        for (int i = 0; i < lines; i++)
        {
            logs.Write(log, exchange);
        }

        // 10 MB went to a pipe that takes 64 KiB: what does not fit is dropped, and nobody has waited, or would ever have gone on.
        Assert.True(Stat("logs_dropped") > lines / 2);
        Assert.Equal(lines, Stat("logs_dropped") + Stat("write_buffered"));
        Assert.InRange(Stat("write_total_buffered"), 1, 2 * 1024 * 1024);

        // Somebody reads: all that was kept arrives, and new lines do.
        long kept = Stat("write_buffered");
        Thread reader = ReadLines(pipe, kept + 1, out Func<long> read);
        WaitFor(() => Stat("write_total_buffered") == 0);
        logs.Write(log, exchange);
        WaitFor(() => read() == kept + 1);
        reader.Join();
    }

    [Fact]
    public void R01_a_full_disk_drops_lines_and_says_so_once()
    {
        RuntimeAccessLog log = AccessLogTests.Compile(AccessLogTests.TextLog("line\n", "/dev/full"));
        WorkerAccessLogs logs = _files.ForWorker(1);
        for (int i = 1; i <= 3; i++)
        {
            logs.Write(log, SampleExchange.Create());
            long expected = i;
            WaitFor(() => Stat("logs_dropped") == expected);
        }

        Assert.Equal(3, Stat("write_failed"));
        Assert.Single(_loggers.Lines, line => line.Contains("/dev/full", StringComparison.Ordinal));
    }

    [Fact]
    public void R01_a_directory_that_is_missing_drops_lines_until_it_is_there()
    {
        string path = Path.Combine(_directory.FullName, "later", "access.log");
        RuntimeAccessLog log = AccessLogTests.Compile(AccessLogTests.TextLog("line\n", path));
        WorkerAccessLogs logs = _files.ForWorker(0);
        logs.Write(log, SampleExchange.Create());
        WaitFor(() => Stat("logs_dropped") == 1);
        Assert.Equal(1, Stat("reopen_failed"));

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _files.Reopen();
        WaitFor(() => File.Exists(path));
        logs.Write(log, SampleExchange.Create());
        WaitFor(() => Content(path) == "line\n");
    }

    [Fact]
    public void Stopping_leaves_a_blocked_file_behind_in_time()
    {
        using FileStream pipe = MakePipe();
        RuntimeAccessLog log = AccessLogTests.Compile(AccessLogTests.TextLog(new string('x', 1000) + "\n", LogPath));
        WorkerAccessLogs logs = _files.ForWorker(0);
        for (int i = 0; i < 500; i++)
        {
            logs.Write(log, SampleExchange.Create());
        }

        _files.Stop(TimeSpan.FromMilliseconds(200)); // which returns, although the file never takes them

        Assert.Contains(_loggers.Lines, line => line.Contains("is blocked", StringComparison.Ordinal));
    }

    [Fact]
    public void Writing_a_line_allocates_nothing_in_steady_state()
    {
        RuntimeAccessLog log = AccessLogTests.Compile(AccessLogTests.TextLog(AccessLogTests.IstioText, LogPath));
        WorkerAccessLogs logs = _files.ForWorker(0);
        HttpExchange exchange = SampleExchange.Create();
        logs.Write(log, exchange);

        // The first time that worker and writer meet, the runtime makes their lock a full one.
        long[] allocated = [.. Enumerable.Range(0, 10).Select(_ =>
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 1000; i++)
            {
                logs.Write(log, exchange);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        })];
        Assert.True(allocated.Count(bytes => bytes == 0) >= 8, string.Join(' ', allocated));
    }

    private static IEnumerable<string> Expected(int worker, int lines) => Enumerable.Range(0, lines).Select(i => $"{worker} {i}");

    private static void WaitFor(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience), "it did not come to pass");

    private static string Content(string path) => File.Exists(path) ? File.ReadAllText(path) : "";

    private static Thread ReadLines(FileStream pipe, long count, out Func<long> read)
    {
        long lines = 0;
        var reader = new Thread(() =>
        {
            byte[] buffer = new byte[65536];
            while (Volatile.Read(ref lines) < count)
            {
                Interlocked.Add(ref lines, buffer.AsSpan(0, pipe.Read(buffer)).Count((byte)'\n'));
            }
        });
        reader.Start();
        read = () => Volatile.Read(ref lines);
        return reader;
    }

    // Open for both, so that opening waits for nobody and there is always a reader.
    private FileStream MakePipe()
    {
        using var mkfifo = Process.Start("mkfifo", [LogPath]);
        mkfifo.WaitForExit();
        return new FileStream(LogPath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
    }

    private void Write(string text) =>
        _files.ForWorker(0).Write(AccessLogTests.Compile(AccessLogTests.TextLog(text, LogPath)), SampleExchange.Create());

    private long Stat(string name) => _stats.Sample().Samples.Single(s => s.FullName == "filesystem." + name).Value;

    private sealed class RecordingLoggers : ILoggerFactory, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));
    }
}
