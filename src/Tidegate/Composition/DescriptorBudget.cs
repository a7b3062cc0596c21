using System.Globalization;
using Tidegate.Proxy;

namespace Tidegate.Composition;

/// <summary>
/// Fits the limits of connections into the number of descriptors that the system gives the process (<c>ulimit -n</c>), so that connections are refused and counted before
/// files, logs and the operator's pages find none left (edge.md, R02).
/// </summary>
internal static class DescriptorBudget
{
    // What the runtime, the event loops, the listeners and the logs have open.
    private const int OwnDescriptors = 100;

    // The page ports, and the connections of two of them to the two servers behind them.
    private const int PageServers = 4;

    // A part of all that the pages may have at most, and what they always have.
    private const int PagePart = 32;
    private const int MinPageConnections = 4;

    private const int MinConnections = 16;

    /// <summary>The options with limits that fit.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="descriptors">How many the process may have.</param>
    public static ProxyOptions Fit(ProxyOptions options, long descriptors)
    {
        int pages = (int)Math.Min(options.MaxPageConnections, Math.Max(MinPageConnections, descriptors / PagePart));

        // A client's connection leads to one upstream.
        long room = Math.Max(MinConnections, (descriptors - OwnDescriptors - (PageServers * pages)) / 2);
        bool isUnlimited = options.MaxConnections == 0;
        int connections = isUnlimited || options.MaxConnections > room ? (int)Math.Min(room, int.MaxValue) : options.MaxConnections;
        return options with { MaxPageConnections = pages, MaxConnections = connections };
    }

    /// <summary>How many descriptors the process may have; <see cref="long.MaxValue"/> without a limit.</summary>
    public static long Descriptors()
    {
        // Name, soft limit, hard limit, unit, in columns.
        string? line = File.Exists("/proc/self/limits") ? File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal)) : null;
        string[] columns = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return columns.Length > 0 && long.TryParse(columns[0], CultureInfo.InvariantCulture, out long limit) ? limit : long.MaxValue;
    }
}
