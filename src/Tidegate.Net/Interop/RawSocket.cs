using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Tidegate.Net.Interop;

/// <summary>Non-blocking sockets by file descriptor. Nothing here throws: a failure is an <see cref="IoError"/>.</summary>
internal static unsafe class RawSocket
{
    private const int AddressBytes = 128; // struct sockaddr_storage

    /// <summary>A new stream socket for that kind of address; -1 when there is none to be had.</summary>
    public static int Open(EndPoint address, out IoError error)
    {
        int family = address.AddressFamily switch
        {
            AddressFamily.InterNetworkV6 => Libc.AfInet6,
            AddressFamily.Unix => Libc.AfUnix,
            _ => Libc.AfInet,
        };
        int fd = Libc.Socket(family, Libc.SockStream | Libc.SockNonblock | Libc.SockCloexec, 0);
        error = fd < 0 ? new IoError(Libc.LastError) : IoError.None;
        return fd;
    }

    public static IoError Bind(int fd, EndPoint address)
    {
        SocketAddress raw = address.Serialize();
        fixed (byte* pointer = raw.Buffer.Span)
        {
            return Check(Libc.Bind(fd, pointer, raw.Size));
        }
    }

    public static IoError Connect(int fd, EndPoint address)
    {
        SocketAddress raw = address.Serialize();
        fixed (byte* pointer = raw.Buffer.Span)
        {
            return Check(Libc.Connect(fd, pointer, raw.Size));
        }
    }

    public static IoError Listen(int fd, int backlog) => Check(Libc.Listen(fd, backlog));

    /// <summary>The next connection of a listening socket; -1 with an error, or with EAGAIN when there is none.</summary>
    public static int Accept(int fd, out NetAddress peer, out IoError error)
    {
        byte* address = stackalloc byte[AddressBytes];
        int length = AddressBytes;
        int accepted = Libc.Accept4(fd, address, &length, Libc.SockNonblock | Libc.SockCloexec);
        if (accepted < 0)
        {
            peer = default;
            error = new IoError(Libc.LastError);
            return -1;
        }

        peer = ToAddress(address);
        error = IoError.None;
        return accepted;
    }

    public static NetAddress LocalAddressOf(int fd)
    {
        byte* address = stackalloc byte[AddressBytes];
        int length = AddressBytes;
        return Libc.GetSockName(fd, address, &length) < 0 ? default : ToAddress(address);
    }

    public static NetAddress PeerAddressOf(int fd)
    {
        byte* address = stackalloc byte[AddressBytes];
        int length = AddressBytes;
        return Libc.GetPeerName(fd, address, &length) < 0 ? default : ToAddress(address);
    }

    /// <summary>What became of a connect that was under way.</summary>
    public static IoError PendingError(int fd)
    {
        int value = 0;
        int length = sizeof(int);
        return Libc.GetSockOpt(fd, Libc.SolSocket, Libc.SoError, &value, &length) < 0 ? new IoError(Libc.LastError) : new IoError(value);
    }

    public static IoError SetOption(int fd, int level, int name, int value) => Check(Libc.SetSockOpt(fd, level, name, &value, sizeof(int)));

    public static void SetKeepAlive(int fd, KeepAliveOptions options)
    {
        SetOption(fd, Libc.SolSocket, Libc.SoKeepAlive, 1);
        SetUnlessZero(fd, Libc.TcpKeepIdle, options.IdleSeconds);
        SetUnlessZero(fd, Libc.TcpKeepIntvl, options.IntervalSeconds);
        SetUnlessZero(fd, Libc.TcpKeepCnt, options.Probes);
    }

    /// <summary>Lets the next close send a reset.</summary>
    public static void ResetOnClose(int fd)
    {
        int* linger = stackalloc int[2] { 1, 0 };
        Libc.SetSockOpt(fd, Libc.SolSocket, Libc.SoLinger, linger, 2 * sizeof(int));
    }

    /// <summary>Receives what is there; EAGAIN is an error here.</summary>
    public static IoResult Receive(int fd, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            nint count;
            do
            {
                count = Libc.Recv(fd, pointer, buffer.Length, 0);
            }
            while (count < 0 && Libc.LastError == Libc.Eintr);

            return count < 0 ? Failure() : IoResult.Of((int)count);
        }
    }

    /// <summary>Sends what the kernel takes; EAGAIN is an error here.</summary>
    public static IoResult Send(int fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            nint count;
            do
            {
                count = Libc.Send(fd, pointer, data.Length, Libc.MsgNoSignal);
            }
            while (count < 0 && Libc.LastError == Libc.Eintr);

            return count < 0 ? Failure() : IoResult.Of((int)count);
        }
    }

    /// <summary>Sends what the kernel takes of both, in one call; EAGAIN is an error here.</summary>
    public static IoResult Send(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        fixed (byte* firstPointer = first, secondPointer = second)
        {
            Libc.IoVector* vectors = stackalloc Libc.IoVector[2];
            vectors[0].Base = firstPointer;
            vectors[0].Length = first.Length;
            vectors[1].Base = secondPointer;
            vectors[1].Length = second.Length;
            Libc.MessageHeader message = default;
            message.Vectors = vectors;
            message.VectorCount = 2;
            nint count;
            do
            {
                count = Libc.SendMsg(fd, &message, Libc.MsgNoSignal);
            }
            while (count < 0 && Libc.LastError == Libc.Eintr);

            return count < 0 ? Failure() : IoResult.Of((int)count);
        }
    }

    private static NetAddress ToAddress(byte* address)
    {
        int family = Unsafe.ReadUnaligned<ushort>(address);
        int port = (address[2] << 8) | address[3];
        return family switch
        {
            Libc.AfInet => NetAddress.FromIPv4(new ReadOnlySpan<byte>(address + 4, 4), port),
            Libc.AfInet6 => NetAddress.FromIPv6(new ReadOnlySpan<byte>(address + 8, 16), port),
            _ => default,
        };
    }

    private static void SetUnlessZero(int fd, int name, int value)
    {
        if (value > 0)
        {
            SetOption(fd, Libc.IpprotoTcp, name, value);
        }
    }

    private static IoError Check(int result) => result < 0 ? new IoError(Libc.LastError) : IoError.None;

    private static IoResult Failure() => IoResult.Of(new IoError(Libc.LastError));
}
