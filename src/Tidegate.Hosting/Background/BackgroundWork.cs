using Microsoft.Extensions.Logging;

namespace Tidegate.Hosting.Background;

/// <summary>
/// All work that goes on beside the traffic: watching files, asking DNS, checking health, translating, timers. What is unexpected there costs one turn of that
/// work: it is logged once, counted, and after a pause the work goes on. Nothing else starts a task that nobody awaits, or a timer, which a test of the sources holds.
/// </summary>
/// <param name="logger">Is told of failures, with their stack: they are bugs, or a machine in need.</param>
/// <param name="time">The clock.</param>
public sealed partial class BackgroundWork(ILogger logger, TimeProvider time)
{
    private long _failures;

    /// <summary>Turns that have failed since the start.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>How long a failed turn is waited for until the next one.</summary>
    public BackOff Pause { get; init; } = new();

    /// <summary>Repeats something until the loop is stopped. A turn waits for what it needs by itself.</summary>
    /// <param name="name">What it does, after "while": <c>watching ./shop</c>.</param>
    /// <param name="turn">One turn; cancelled when the loop is stopped.</param>
    /// <param name="ended">Is called after the last turn.</param>
    public BackgroundLoop Repeat(string name, Func<CancellationToken, Task> turn, Action? ended = null) => new(this, name, turn, ended);

    /// <summary>Does something again and again at an interval.</summary>
    /// <returns>Ends it when disposed; its interval may be changed.</returns>
    public ITimer Every(string name, TimeSpan interval, Action action) => time.CreateTimer(_ => Guard(name, action), null, interval, interval);

    /// <summary>Does something once that nobody waits for.</summary>
    public void Run(string name, Func<Task> action) => _ = Task.Run(async () =>
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Report(name, exception);
        }
    });

    /// <summary>Does something on the thread pool.</summary>
    public void Queue(string name, Action action) =>
        ThreadPool.UnsafeQueueUserWorkItem(static call => call.Work.Guard(call.Name, call.Action), (Work: this, Name: name, Action: action), preferLocal: false);

    /// <summary>Does something that is called from where an exception would end the process, as from timers and watchers.</summary>
    public void Guard(string name, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception)
        {
            Report(name, exception);
        }
    }

    /// <summary>Tells of a failure that was caught elsewhere, and counts it.</summary>
    public void Report(string name, Exception exception)
    {
        Count();
        LogFailed(logger, exception, name);
    }

    internal void Count() => Interlocked.Increment(ref _failures);

    internal void ReportRecovered(string name) => LogRecovered(logger, name);

    internal void ReportHanging(string name) => LogHanging(logger, name);

    [LoggerMessage(Level = LogLevel.Error, Message = "unexpected failure while {Name}; it goes on")]
    private static partial void LogFailed(ILogger logger, Exception exception, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Name} works again")]
    private static partial void LogRecovered(ILogger logger, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Name} does not end; it is left behind")]
    private static partial void LogHanging(ILogger logger, string name);
}
