using System.Runtime.InteropServices;

namespace Tidegate.Hosting.Interop;

/// <summary>The heap of the C library, where OpenSSL has its sessions.</summary>
public static unsafe class NativeHeap
{
    private static readonly delegate* unmanaged<nuint, int> MallocTrim = Find();

    /// <summary>
    /// Gives the system back what is free in it, in whatever thread's part (malloc_trim(3)): the C library keeps what was allocated after it for ever otherwise. Nothing happens where the C
    /// library has no such call.
    /// </summary>
    public static void Trim()
    {
        if (MallocTrim is not null)
        {
            _ = MallocTrim(0);
        }
    }

    private static delegate* unmanaged<nuint, int> Find() =>
        NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "malloc_trim", out nint address)
            ? (delegate* unmanaged<nuint, int>)address
            : null;
}
