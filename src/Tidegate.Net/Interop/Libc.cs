using System.Runtime.InteropServices;

namespace Tidegate.Net.Interop;

/// <summary>
/// The C library's socket and epoll calls, raw; only the wrappers in this folder use them. Calls on non-blocking sockets return in
/// microseconds, so they suppress the GC transition; those that may sleep or take long do not.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    [LibraryImport(Name, EntryPoint = "__errno_location")]
    [SuppressGCTransition]
    internal static partial int* ErrnoLocation();

    [LibraryImport(Name, EntryPoint = "recv")]
    [SuppressGCTransition]
    internal static partial nint Receive(int fd, byte* buffer, nint length, int flags);

    [LibraryImport(Name, EntryPoint = "send")]
    [SuppressGCTransition]
    internal static partial nint Send(int fd, byte* buffer, nint length, int flags);

    [LibraryImport(Name, EntryPoint = "sendmsg")]
    [SuppressGCTransition]
    internal static partial nint SendMessage(int fd, MessageHeader* message, int flags);

    [LibraryImport(Name, EntryPoint = "socket")]
    internal static partial int Socket(int domain, int type, int protocol);

    [LibraryImport(Name, EntryPoint = "bind")]
    internal static partial int Bind(int fd, byte* address, int length);

    [LibraryImport(Name, EntryPoint = "listen")]
    internal static partial int Listen(int fd, int backlog);

    [LibraryImport(Name, EntryPoint = "accept4")]
    internal static partial int Accept(int fd, byte* address, int* length, int flags);

    [LibraryImport(Name, EntryPoint = "connect")]
    internal static partial int Connect(int fd, byte* address, int length);

    [LibraryImport(Name, EntryPoint = "getsockname")]
    internal static partial int GetSocketName(int fd, byte* address, int* length);

    [LibraryImport(Name, EntryPoint = "getsockopt")]
    internal static partial int GetSocketOption(int fd, int level, int name, void* value, int* length);

    [LibraryImport(Name, EntryPoint = "setsockopt")]
    internal static partial int SetSocketOption(int fd, int level, int name, void* value, int length);

    [LibraryImport(Name, EntryPoint = "ioctl")]
    internal static partial int Control(int fd, nuint request, int* value);

    [LibraryImport(Name, EntryPoint = "shutdown")]
    internal static partial int Shutdown(int fd, int how);

    [LibraryImport(Name, EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport(Name, EntryPoint = "eventfd")]
    internal static partial int EventFd(uint initial, int flags);

    [LibraryImport(Name, EntryPoint = "write")]
    internal static partial nint Write(int fd, byte* buffer, nint length);

    [LibraryImport(Name, EntryPoint = "epoll_create1")]
    internal static partial int EpollCreate(int flags);

    [LibraryImport(Name, EntryPoint = "epoll_ctl")]
    internal static partial int EpollControl(int epoll, int operation, int fd, byte* epollEvent);

    [LibraryImport(Name, EntryPoint = "epoll_wait")]
    internal static partial int EpollWait(int epoll, byte* events, int capacity, int timeoutMs);

    [LibraryImport(Name, EntryPoint = "sched_setaffinity")]
    internal static partial int SetAffinity(int thread, nint length, byte* mask);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        internal byte* Start;
        internal nint Length;
    }

    /// <summary>struct sock_fprog: how many instructions of eight bytes each, and where they are.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct FilterProgram
    {
        internal ushort Length;
        internal ulong* Instructions;
    }

    /// <summary>struct msghdr of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal byte* Name;
        internal uint NameLength;
        internal IoVector* Vectors;
        internal nint VectorCount;
        internal byte* Control;
        internal nint ControlLength;
        internal int Flags;
    }
}
