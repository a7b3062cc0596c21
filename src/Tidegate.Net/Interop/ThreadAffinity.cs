namespace Tidegate.Net.Interop;

/// <summary>Pins threads to processors.</summary>
internal static unsafe class ThreadAffinity
{
    /// <summary>Pins the calling thread; 0 or a negated errno (EINVAL: no such processor, or not allowed by the cgroup).</summary>
    internal static int PinCurrentThread(int cpu)
    {
        Span<byte> mask = stackalloc byte[128];
        if (cpu < 0 || cpu >= mask.Length * 8)
        {
            return -22;
        }

        mask[cpu >> 3] = (byte)(1 << (cpu & 7));
        fixed (byte* start = mask)
        {
            return Libc.SetAffinity(0, mask.Length, start) == 0 ? 0 : -*Libc.ErrnoLocation();
        }
    }
}
