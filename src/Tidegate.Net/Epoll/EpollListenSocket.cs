using System.Net;
using Tidegate.Net.Interop;

namespace Tidegate.Net.Epoll;

/// <summary>
/// A listening socket, level-triggered: what one turn does not accept, the next one does. When there are no descriptors left it
/// pauses for a while instead of spinning (edge.md, R02).
/// </summary>
internal sealed class EpollListenSocket : ListenSocket
{
    private const long BackOffMs = 100;

    private readonly EpollEventLoop _loop;
    private readonly ListenOptions _options;
    private readonly IAcceptHandler _handler;
    private readonly Registration _registration;
    private readonly BackOffTimer _backOff;

    private EpollListenSocket(EpollEventLoop loop, int fd, ListenOptions options, IAcceptHandler handler)
    {
        _loop = loop;
        _options = options;
        _handler = handler;
        _registration = new Registration(this, fd);
        _backOff = new BackOffTimer(this);
        LocalEndPoint = RawSocket.LocalAddressOf(fd).ToEndPoint();
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint { get; }

    public static EpollListenSocket? Open(EpollEventLoop loop, IPEndPoint address, ListenOptions options, IAcceptHandler handler, out IoError error)
    {
        int fd = RawSocket.Open(address, out error);
        if (fd < 0)
        {
            return null;
        }

        bool isIPv6 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;
        error = RawSocket.SetOption(fd, Libc.SolSocket, Libc.SoReuseAddr, 1);
        error = error.IsError ? error : RawSocket.SetOption(fd, Libc.SolSocket, Libc.SoReusePort, 1);
        error = error.IsError || !isIPv6 ? error : RawSocket.SetOption(fd, Libc.IpprotoIpv6, Libc.Ipv6V6Only, 1);
        error = error.IsError ? error : RawSocket.Bind(fd, address);
        error = error.IsError ? error : RawSocket.Listen(fd, options.Backlog);
        if (error.IsError)
        {
            _ = Libc.Close(fd);
            return null;
        }

        var socket = new EpollListenSocket(loop, fd, options, handler);
        socket.Resume();
        return socket;
    }

    /// <inheritdoc/>
    public override void Pause()
    {
        if (_registration.Slot >= 0)
        {
            _loop.Suspend(_registration);
        }
    }

    /// <inheritdoc/>
    public override void Resume()
    {
        if (_registration.Fd >= 0 && _registration.Slot < 0 && !_loop.Add(_registration, Libc.EpollIn))
        {
            _loop.Timers.Schedule(_backOff, BackOffMs);
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        if (_registration.Fd < 0)
        {
            return;
        }

        AcceptAll(int.MaxValue); // closing would reset the connections that the kernel has completed for us
        CloseNow();
    }

    private void CloseNow()
    {
        _loop.Timers.Cancel(_backOff);
        _loop.Remove(_registration);
        _registration.CloseDescriptor();
    }

    private void AcceptAll(int limit)
    {
        for (int i = 0; i < limit && _registration.Fd >= 0; i++)
        {
            int fd = RawSocket.Accept(_registration.Fd, out NetAddress peer, out IoError error);
            if (fd >= 0)
            {
                Accept(fd, peer);
                continue;
            }

            switch (error.Errno)
            {
                case Libc.Eagain:
                    return;
                case Libc.Emfile or Libc.Enfile or Libc.Enobufs or Libc.Enomem:
                    _handler.OnAcceptFailed(error);
                    Pause();
                    _loop.Timers.Schedule(_backOff, BackOffMs);
                    return;
                case Libc.Eintr or Libc.Econnaborted:
                    continue; // that client is gone; the next one may not be
                default:
                    _handler.OnAcceptFailed(error);
                    return;
            }
        }
    }

    private void Accept(int fd, NetAddress peer)
    {
        RawSocket.SetOption(fd, Libc.IpprotoTcp, Libc.TcpNoDelay, 1);
        var connection = new EpollConnection(_loop, fd, peer);
        if (connection.Register())
        {
            _handler.OnAccepted(connection);
        }
        else
        {
            connection.Close();
            _handler.OnAcceptFailed(new IoError(Libc.Enomem));
        }
    }

    private sealed class Registration : EpollRegistration
    {
        private readonly EpollListenSocket _socket;

        public Registration(EpollListenSocket socket, int fd)
        {
            _socket = socket;
            Fd = fd;
        }

        public void CloseDescriptor()
        {
            _ = Libc.Close(Fd);
            Fd = -1;
        }

        public override void OnEvents(uint events) => _socket.AcceptAll(_socket._options.MaxAcceptsPerTurn);

        public override void OnLoopStops() => _socket.CloseNow();
    }

    private sealed class BackOffTimer(EpollListenSocket socket) : LoopTimer
    {
        protected override void OnExpired() => socket.Resume();
    }
}
