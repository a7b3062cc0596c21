using System.Globalization;

namespace Tidegate.Proxy.Tests;

/// <summary>Measures what code costs, whatever else the machine does.</summary>
internal static class ThreadTime
{
    // USER_HZ, in which the kernel tells times (proc(5)).
    private const double TicksPerSecond = 100;

    /// <summary>The processor's time that an action takes on this thread.</summary>
    public static TimeSpan Of(Action action)
    {
        TimeSpan before = Now();
        action();
        return Now() - before;
    }

    // utime and stime, the 12th and 13th field behind the name in brackets.
    private static TimeSpan Now()
    {
        string stat = File.ReadAllText("/proc/thread-self/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return TimeSpan.FromSeconds((long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond);
    }
}
