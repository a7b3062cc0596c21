namespace Tidegate.Proxy.Tests;

/// <summary>Measures what code allocates in steady state.</summary>
internal static class Allocations
{
    private const int Rounds = 5;
    private const int Repetitions = 1000;

    /// <summary>
    /// The bytes that an action allocates on this thread when it is done a thousand times: the least of some rounds, as the runtime may allocate for itself
    /// while it compiles anew what is used often, at a time that depends on what else the machine does.
    /// </summary>
    public static long Of(Action action)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Rounds && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Repetitions; i++)
            {
                action();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
