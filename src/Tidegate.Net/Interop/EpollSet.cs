using System.Runtime.InteropServices;

namespace Tidegate.Net.Interop;

/// <summary>
/// An epoll instance with the buffer its events are read from. struct epoll_event is packed on x86-64 (12 bytes, data at 4) and
/// aligned elsewhere (16, 8).
/// </summary>
internal sealed unsafe class EpollSet
{
    internal const uint Readable = 0x001;
    internal const uint Writable = 0x004;
    internal const uint Error = 0x008;
    internal const uint HangUp = 0x010;
    internal const uint PeerClosed = 0x2000;
    internal const uint EdgeTriggered = 1u << 31;

    private const int Add = 1;
    private const int Delete = 2;
    private const int CloseOnExec = 0x80000;
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly int _capacity;
    private readonly byte[] _buffer;
    private readonly byte* _events;
    private int _fd;

    internal EpollSet(int capacity)
    {
        _capacity = capacity;
        _buffer = GC.AllocateArray<byte>(capacity * Stride, pinned: true);
        _events = (byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_buffer, 0);
        _fd = Libc.EpollCreate(CloseOnExec);
        if (_fd < 0)
        {
            throw new InvalidOperationException($"epoll_create1: {new IoError(*Libc.ErrnoLocation())}");
        }
    }

    /// <summary>Waits (-1: for ever) and gives the number of events, 0 also when a signal came.</summary>
    internal int Wait(int timeoutMs)
    {
        int count = Libc.EpollWait(_fd, _events, _capacity, timeoutMs);
        if (count >= 0)
        {
            return count;
        }

        int errno = *Libc.ErrnoLocation();
        return errno == SocketCalls.EINTR ? 0 : throw new InvalidOperationException($"epoll_wait: {new IoError(errno)}");
    }

    /// <summary>The event mask of the n-th event of the last <see cref="Wait"/>.</summary>
    internal uint EventsAt(int index) => *(uint*)(_events + ((nint)index * Stride));

    /// <summary>The token of the n-th event of the last <see cref="Wait"/>.</summary>
    internal ulong TokenAt(int index) => *(ulong*)(_events + ((nint)index * Stride) + DataOffset);

    /// <summary>Registers a descriptor; a negated errno when it fails.</summary>
    internal int TryAdd(int fd, uint events, ulong token)
    {
        byte* record = stackalloc byte[16];
        *(uint*)record = events;
        *(ulong*)(record + DataOffset) = token;
        return Libc.EpollControl(_fd, Add, fd, record) == 0 ? 0 : -*Libc.ErrnoLocation();
    }

    /// <summary>Takes a descriptor out that stays open. (Closing one takes it out by itself.)</summary>
    internal void Remove(int fd)
    {
        byte* record = stackalloc byte[16];
        _ = Libc.EpollControl(_fd, Delete, fd, record);
    }

    internal void Close()
    {
        if (_fd >= 0)
        {
            _ = Libc.Close(_fd);
            _fd = -1;
        }
    }
}
