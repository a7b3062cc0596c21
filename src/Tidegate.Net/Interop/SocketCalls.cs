namespace Tidegate.Net.Interop;

/// <summary>
/// Socket system calls with safe signatures in the kernel's own convention: 0 or a count on success, the negated errno on failure
/// (<c>-EAGAIN</c>, ...).
/// </summary>
internal static unsafe class SocketCalls
{
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int ENOMEM = 12;
    internal const int ENFILE = 23;
    internal const int EMFILE = 24;
    internal const int EPIPE = 32;
    internal const int ENOBUFS = 105;
    internal const int EINPROGRESS = 115;

    internal const int UnixFamily = 1;
    internal const int IPv4Family = 2;
    internal const int IPv6Family = 10;

    private const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
    private const int NonBlockingCloseOnExec = 0x800 | 0x80000;
    private const int NoSignal = 0x4000;
    private const int ShutdownWrite = 1;
    private const int PeekOnly = 2;
    private const int QueuedToSend = 0x5411;

    /// <summary>recv: the bytes received, 0 at the end of the stream.</summary>
    internal static int Receive(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count = Libc.Receive(fd, start, buffer.Length, 0);
            return count >= 0 ? (int)count : -*Libc.ErrnoLocation();
        }
    }

    /// <summary>recv that leaves the bytes where they are: the bytes copied, 0 at the end of the stream.</summary>
    internal static int Peek(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint count = Libc.Receive(fd, start, buffer.Length, PeekOnly);
            return count >= 0 ? (int)count : -*Libc.ErrnoLocation();
        }
    }

    /// <summary>send: the bytes taken.</summary>
    internal static int Send(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            nint count = Libc.Send(fd, start, data.Length, NoSignal);
            return count >= 0 ? (int)count : -*Libc.ErrnoLocation();
        }
    }

    /// <summary>sendmsg of two pieces: the bytes taken of both.</summary>
    internal static int Send(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        fixed (byte* start1 = first, start2 = second)
        {
            Libc.IoVector* vectors = stackalloc Libc.IoVector[2];
            vectors[0] = new Libc.IoVector { Start = start1, Length = first.Length };
            vectors[1] = new Libc.IoVector { Start = start2, Length = second.Length };
            Libc.MessageHeader message = default;
            message.Vectors = vectors;
            message.VectorCount = 2;
            nint count = Libc.SendMessage(fd, &message, NoSignal);
            return count >= 0 ? (int)count : -*Libc.ErrnoLocation();
        }
    }

    /// <summary>A non-blocking stream socket of the family.</summary>
    internal static int CreateStream(int family) => Check(Libc.Socket(family, StreamNonBlockingCloseOnExec, 0));

    internal static int Bind(int fd, ReadOnlySpan<byte> address)
    {
        fixed (byte* start = address)
        {
            return Check(Libc.Bind(fd, start, address.Length));
        }
    }

    internal static int Listen(int fd, int backlog) => Check(Libc.Listen(fd, backlog));

    /// <summary>accept4 of a non-blocking socket; the peer's address is written to the buffer.</summary>
    internal static int Accept(int fd, Span<byte> address)
    {
        fixed (byte* start = address)
        {
            int length = address.Length;
            return Check(Libc.Accept(fd, start, &length, NonBlockingCloseOnExec));
        }
    }

    internal static int Connect(int fd, ReadOnlySpan<byte> address)
    {
        fixed (byte* start = address)
        {
            return Check(Libc.Connect(fd, start, address.Length));
        }
    }

    internal static int GetLocalAddress(int fd, Span<byte> address)
    {
        fixed (byte* start = address)
        {
            int length = address.Length;
            return Check(Libc.GetSocketName(fd, start, &length));
        }
    }

    internal static int SetOption(int fd, int level, int name, int value) =>
        Check(Libc.SetSocketOption(fd, level, name, &value, sizeof(int)));

    /// <summary>An option by its own numbers.</summary>
    internal static int SetOption(int fd, SocketOption option)
    {
        fixed (byte* value = option.Value.Span)
        {
            return Check(Libc.SetSocketOption(fd, option.Level, option.Name, value, option.Value.Length));
        }
    }

    /// <summary>
    /// SO_ATTACH_FILTER with a program that drops all: a client that begins a handshake with a listening socket hears nothing, and asks again
    /// after a second. What was accepted or waits to be is not concerned (socket(7)).
    /// </summary>
    internal static int DropPackets(int fd)
    {
        const ulong returnZero = 0x06; // one instruction, BPF_RET | BPF_K with the value 0: struct sock_filter
        ulong instruction = returnZero;
        var program = new Libc.FilterProgram { Length = 1, Instructions = &instruction };
        return Check(Libc.SetSocketOption(fd, SocketOptions.Socket, SocketOptions.AttachFilter, &program, sizeof(Libc.FilterProgram)));
    }

    /// <summary>SO_LINGER with 0 seconds: the next close resets the connection.</summary>
    internal static int SetResetOnClose(int fd)
    {
        long onAndZeroSeconds = 1;
        return Check(Libc.SetSocketOption(fd, SocketOptions.Socket, SocketOptions.Linger, &onAndZeroSeconds, sizeof(long)));
    }

    /// <summary>SO_ERROR: the pending error as a positive errno, 0 when there is none; cleared by reading.</summary>
    internal static int TakeError(int fd)
    {
        int error = 0;
        int length = sizeof(int);
        int result = Check(Libc.GetSocketOption(fd, SocketOptions.Socket, SocketOptions.Error, &error, &length));
        return result < 0 ? -result : error;
    }

    /// <summary>SIOCOUTQ: the bytes in the socket's send queue that the peer has not acknowledged.</summary>
    internal static int GetUnacknowledged(int fd)
    {
        int bytes = 0;
        int result = Check(Libc.Control(fd, QueuedToSend, &bytes));
        return result < 0 ? result : bytes;
    }

    internal static int ShutdownSend(int fd) => Check(Libc.Shutdown(fd, ShutdownWrite));

    internal static int Close(int fd) => Check(Libc.Close(fd));

    private static int Check(int result) => result >= 0 ? result : -*Libc.ErrnoLocation();
}
