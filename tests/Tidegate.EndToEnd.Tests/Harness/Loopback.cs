using System.Net;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>
/// Loopback addresses nobody else uses: all of 127.0.0.0/8 works on Linux, so that every gateway of a test has the well-known
/// ports to itself. Where a process begins comes from its id; processes that run side by side would meet only after thousands of addresses.
/// </summary>
public static class Loopback
{
    private static int _last;

    /// <summary>A fresh address.</summary>
    public static IPAddress Next()
    {
        int n = Interlocked.Increment(ref _last);
        int id = Environment.ProcessId;
        return new IPAddress([127, (byte)(64 + (id % 128)), (byte)((id / 128) + (n / 250)), (byte)(1 + (n % 250))]);
    }
}
