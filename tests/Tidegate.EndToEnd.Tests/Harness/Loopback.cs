using System.Net;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>
/// Loopback addresses nobody else uses: all of 127.0.0.0/8 works on Linux, so that every gateway of a test has the well-known
/// ports to itself. The second and third byte come from this process's id.
/// </summary>
public static class Loopback
{
    private static int _last;

    /// <summary>A fresh address.</summary>
    public static IPAddress Next()
    {
        int id = Environment.ProcessId;
        int n = Interlocked.Increment(ref _last);
        return new IPAddress([127, (byte)(64 + (id / 256 % 128)), (byte)(id % 256), (byte)(1 + (n % 250))]);
    }
}
