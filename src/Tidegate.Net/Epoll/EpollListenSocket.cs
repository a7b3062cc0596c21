using System.Net;
using Tidegate.Net.Interop;
using Tidegate.Net.Timers;

namespace Tidegate.Net.Epoll;

/// <summary>
/// A listening socket, level-triggered. When descriptors run out it leaves the epoll set for a while, as it would be reported ready
/// for ever.
/// </summary>
internal sealed class EpollListenSocket : ListenSocket, IEpollSource
{
    private readonly EpollEventLoop _loop;
    private readonly ListenOptions _options;
    private readonly IAcceptHandler _handler;
    private readonly BackOffTimer _backOff;
    private readonly NetAddress _acceptedLocalAddress;
    private int _fd;
    private ulong _token;
    private bool _isRegistered;
    private bool _isPaused;

    internal EpollListenSocket(EpollEventLoop loop, int fd, ListenOptions options, IAcceptHandler handler)
    {
        _loop = loop;
        _fd = fd;
        _options = options;
        _handler = handler;
        _backOff = new BackOffTimer(this);
        Span<byte> bytes = stackalloc byte[SocketAddressBytes.MaxLength];
        _ = SocketCalls.GetLocalAddress(fd, bytes);
        NetAddress local = SocketAddressBytes.Read(bytes);
        LocalEndPoint = local.ToEndPoint();

        // Bound to one address, every accepted connection has it; bound to all, each is asked when somebody wants to know.
        _acceptedLocalAddress = local.IsUnspecified ? default : local;
    }

    public override IPEndPoint LocalEndPoint { get; }

    public string Description => $"the listener on {LocalEndPoint}";

    public bool IsDeferred { get; set; }

    /// <summary>A socket that is bound and listens; negative with the error when that fails.</summary>
    internal static int Open(IPEndPoint address, ListenOptions options, out IoError error)
    {
        int family = SocketAddressBytes.FamilyOf(address);
        int fd = SocketCalls.CreateStream(family);
        if (fd < 0)
        {
            error = new IoError(-fd);
            return -1;
        }

        int result = Configure(fd, family, options);
        if (result >= 0)
        {
            Span<byte> bytes = stackalloc byte[SocketAddressBytes.MaxLength];
            result = SocketCalls.Bind(fd, bytes[..SocketAddressBytes.Write(address, bytes)]);
        }

        if (result >= 0)
        {
            result = SocketCalls.Listen(fd, options.Backlog);
        }

        if (result < 0)
        {
            _ = SocketCalls.Close(fd);
            error = new IoError(-result);
            return -1;
        }

        error = IoError.None;
        return fd;
    }

    public override void Pause()
    {
        _loop.RequireCurrent();
        _isPaused = true;
        _loop.Timers.Cancel(_backOff);
        Unregister();
    }

    public override void Resume()
    {
        _loop.RequireCurrent();
        _isPaused = false;
        Register();
    }

    public override IReadOnlyList<SocketOption> SetOptions(IReadOnlyList<SocketOption> options)
    {
        _loop.RequireCurrent();
        return _fd < 0 ? [] : [.. options.Where(option => SocketCalls.SetOption(_fd, option) < 0)];
    }

    public override void Close()
    {
        _loop.RequireCurrent();
        if (_fd >= 0)
        {
            // Closing would reset the clients that the kernel has let in already; there are no more of them than the backlog holds. Who comes now
            // finds the port again when the kernel asks once more: at another socket of it, or closed.
            _ = SocketCalls.DropPackets(_fd); // where that is forbidden a client may meet a reset, as without it
            AcceptUpTo(_options.MaxAcceptsPerTurn + _options.Backlog, isClosing: true);
            CloseNow();
        }
    }

    public void OnEvents(uint events) => AcceptUpTo(_options.MaxAcceptsPerTurn, isClosing: false);

    public void OnDeferred()
    {
    }

    public void OnFault()
    {
    }

    public void OnLoopStopping() => CloseNow();

    // These are inherited by accepted sockets on Linux, which saves the calls there.
    private static int Configure(int fd, int family, ListenOptions options)
    {
        int result = SocketCalls.SetOption(fd, SocketOptions.Socket, SocketOptions.ReuseAddress, 1);
        if (result >= 0 && options.ReusePort)
        {
            result = SocketCalls.SetOption(fd, SocketOptions.Socket, SocketOptions.ReusePort, 1);
        }

        if (result >= 0 && family == SocketCalls.IPv6Family)
        {
            result = SocketCalls.SetOption(fd, SocketOptions.IPv6, SocketOptions.IPv6Only, options.DualStack ? 0 : 1);
        }

        result = result < 0 ? result : StreamSettings.Apply(fd, options.KeepAlive, options.Buffers);
        foreach (SocketOption option in options.SocketOptions)
        {
            _ = SocketCalls.SetOption(fd, option); // whoever asks for them hears of those that are refused when he sets them on the socket
        }

        return result;
    }

    private void CloseNow()
    {
        if (_fd < 0)
        {
            return;
        }

        _loop.Timers.Cancel(_backOff);
        Unregister();
        _ = SocketCalls.Close(_fd);
        _fd = -1;
    }

    private void AcceptUpTo(int limit, bool isClosing)
    {
        int count = AcceptWhile(limit, isClosing);
        if (count > 0)
        {
            _handler.OnAcceptedTogether(count);
        }
    }

    private int AcceptWhile(int limit, bool isClosing)
    {
        int count = 0;
        Span<byte> address = stackalloc byte[SocketAddressBytes.MaxLength];
        for (int i = 0; i < limit && _fd >= 0 && (_isRegistered || isClosing); i++)
        {
            int fd = SocketCalls.Accept(_fd, address);
            if (fd >= _options.DescriptorLimit)
            {
                _ = SocketCalls.Close(fd);
                BackOff(IoError.TooManyOpenFiles);
                break;
            }

            if (fd >= 0)
            {
                count++;
                Accepted(fd, SocketAddressBytes.Read(address));
            }
            else if (fd == -SocketCalls.EAGAIN)
            {
                break;
            }
            else if (fd is -SocketCalls.EMFILE or -SocketCalls.ENFILE or -SocketCalls.ENOBUFS or -SocketCalls.ENOMEM)
            {
                BackOff(new IoError(-fd));
                break;
            }

            // Else the error is of one connection that is gone already (ECONNABORTED, EPROTO, network errors; accept(2)): the next one.
        }

        return count;
    }

    private void Accepted(int fd, NetAddress remote)
    {
        var connection = new EpollConnection(_loop, fd, _acceptedLocalAddress, remote);
        if (!connection.TryRegister(out IoError error))
        {
            BackOff(error);
            return;
        }

        try
        {
            _handler.OnAccepted(connection);
        }
        catch (Exception exception)
        {
            _loop.ReportUnhandled(exception, Description);
            connection.Abort();
        }
    }

    private void BackOff(IoError error)
    {
        Unregister();
        if (!_isPaused)
        {
            _loop.Timers.Schedule(_backOff, _options.BackOffMs);
        }

        _handler.OnAcceptFailed(error);
    }

    private void Register()
    {
        if (_fd < 0 || _isRegistered)
        {
            return;
        }

        _isRegistered = _loop.TryRegister(this, _fd, EpollSet.Readable, out _token, out IoError error);
        if (!_isRegistered)
        {
            BackOff(error);
        }
    }

    private void Unregister()
    {
        if (_isRegistered)
        {
            _isRegistered = false;
            _loop.Unregister(_token, _fd);
        }
    }

    private sealed class BackOffTimer(EpollListenSocket socket) : LoopTimer
    {
        protected override void OnExpired() => socket.Register();
    }
}
