using System.Globalization;
using Tidegate.Proxy.Workers;

namespace Tidegate.Running;

/// <summary>
/// Fits the limits of connections into the number of descriptors that the system gives the process (<c>ulimit -n</c>), so that connections are refused and counted before
/// files, logs, the operator's pages and the runtime itself find none left: the runtime ends the process then (edge.md, R02).
/// </summary>
internal static class DescriptorBudget
{
    // What is open anyway: two for each assembly, event loops, listeners, logs.
    private const int OwnDescriptors = 220;

    // What each leaves free for those after it: the operator's pages, traffic, the ports of readiness and metrics, what is behind those, and the runtime.
    private const int LeftByOperator = 40;
    private const int LeftByTraffic = 32;
    private const int LeftByPagePorts = 20;
    private const int LeftByPublicPages = 12;

    // The operator's two servers, the ports of readiness and metrics, and the two ends of what leads from there.
    private const int PageConnectionKinds = 5;

    // A part of all that the pages may have at most, and what they always have.
    private const int PagePart = 32;
    private const int MinPageConnections = 4;

    private const int MinConnections = 16;

    /// <summary>The options with limits that fit.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="descriptors">How many the process may have.</param>
    public static ProxyOptions Fit(ProxyOptions options, long descriptors)
    {
        int limit = (int)Math.Min(descriptors, int.MaxValue);
        int pages = Math.Min(options.MaxPageConnections, Math.Max(MinPageConnections, limit / PagePart));

        // A client's connection leads to one upstream.
        int room = Math.Max(MinConnections, (limit - OwnDescriptors - LeftByTraffic - (PageConnectionKinds * pages)) / 2);
        bool isUnlimited = options.MaxConnections == 0;
        return options with
        {
            MaxPageConnections = pages,
            MaxConnections = isUnlimited ? room : Math.Min(options.MaxConnections, room),
            TrafficDescriptorLimit = limit - LeftByTraffic,
            PageDescriptorLimit = limit - LeftByPagePorts,
        };
    }

    /// <summary>Below this are the descriptors of connections to the operator's pages.</summary>
    public static int PageServerLimit() => Limit() - LeftByOperator;

    /// <summary>Below this are the descriptors of connections to what is behind the ports of readiness and metrics.</summary>
    public static int PublicServerLimit() => Limit() - LeftByPublicPages;

    /// <summary>How many descriptors the process may have; <see cref="long.MaxValue"/> without a limit.</summary>
    public static long Descriptors()
    {
        // Name, soft limit, hard limit, unit, in columns.
        string? line = File.Exists("/proc/self/limits") ? File.ReadLines("/proc/self/limits").FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal)) : null;
        string[] columns = line?["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return columns.Length > 0 && long.TryParse(columns[0], CultureInfo.InvariantCulture, out long limit) ? limit : long.MaxValue;
    }

    private static int Limit() => (int)Math.Min(Descriptors(), int.MaxValue);
}
