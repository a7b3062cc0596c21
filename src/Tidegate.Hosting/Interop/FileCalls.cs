using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tidegate.Hosting.Interop;

/// <summary>The C library's calls for files that .NET has not: what a file is without opening it, opening it without waiting, writing to a descriptor that others write too.</summary>
internal static partial class FileCalls
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint BasicStatistics = 0x7ff; // STATX_BASIC_STATS
    private const int ModeOffset = 28;
    private const int StatxBytes = 256;

    // O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC: neither a FIFO without a writer nor a line that is not up is waited for, and no terminal becomes ours.
    private const int ReadWithoutWaiting = 0x800 | 0x100 | 0x80000;

    private const int TypeMask = 0xf000;
    private const int Interrupted = 4; // EINTR
    private const int WouldBlock = 11; // EAGAIN
    private const int RetryMs = 10;

    /// <summary>What a path leads to, links followed.</summary>
    /// <exception cref="IOException">There is nothing, or nothing that we may see.</exception>
    public static FileKind KindOf(string path) => KindOf(CurrentFolder, path, 0, path);

    /// <summary>What is open.</summary>
    public static FileKind KindOf(SafeFileHandle file, string path) => KindOf((int)file.DangerousGetHandle(), string.Empty, EmptyPath, path);

    /// <summary>Opens a file for reading and waits for nobody.</summary>
    public static SafeFileHandle Open(string path)
    {
        int descriptor = OpenCall(path, ReadWithoutWaiting);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Error(path);
    }

    /// <summary>Writes all bytes to a descriptor, at its own position.</summary>
    public static unsafe void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            int written = 0;
            while (written < bytes.Length)
            {
                nint count = WriteCall(descriptor, start + written, bytes.Length - written);
                if (count >= 0)
                {
                    written += (int)count;
                }
                else if (Marshal.GetLastPInvokeError() == WouldBlock)
                {
                    Thread.Sleep(RetryMs); // whoever shares the descriptor made it so
                }
                else if (Marshal.GetLastPInvokeError() != Interrupted)
                {
                    throw Error($"descriptor {descriptor}");
                }
            }
        }
    }

    /// <summary>A path with all links in it followed.</summary>
    public static string RealPathOf(string path)
    {
        nint found = RealPathCall(path, 0);
        if (found == 0)
        {
            throw Error(path);
        }

        string real = Marshal.PtrToStringUTF8(found)!;
        FreeCall(found);
        return real;
    }

    private static unsafe FileKind KindOf(int folder, string path, int flags, string name)
    {
        byte* result = stackalloc byte[StatxBytes];
        if (StatxCall(folder, path, flags, BasicStatistics, result) != 0)
        {
            throw Error(name);
        }

        return (FileKind)(*(ushort*)(result + ModeOffset) & TypeMask);
    }

    private static IOException Error(string path) => new($"{path}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatxCall(int folder, string path, int flags, uint mask, byte* result);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPathCall(string path, nint result);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void FreeCall(nint memory);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteCall(int descriptor, byte* bytes, nint length);
}
