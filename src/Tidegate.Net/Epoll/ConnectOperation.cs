using System.Net;
using System.Threading.Tasks.Sources;
using Tidegate.Net.Interop;

namespace Tidegate.Net.Epoll;

/// <summary>A connection that is being made. Its descriptor becomes that of the connection when the peer has answered.</summary>
internal sealed class ConnectOperation : EpollRegistration, IValueTaskSource<ConnectResult>
{
    private readonly EpollEventLoop _loop;
    private readonly NetAddress _remote;
    private readonly Timeout _timeout;
    private ManualResetValueTaskSourceCore<ConnectResult> _source;

    private ConnectOperation(EpollEventLoop loop, int fd, NetAddress remote)
    {
        _loop = loop;
        _remote = remote;
        _timeout = new Timeout(this);
        Fd = fd;
    }

    public static ValueTask<ConnectResult> Start(EpollEventLoop loop, EndPoint remote, ConnectOptions options)
    {
        int fd = RawSocket.Open(remote, out IoError error);
        if (fd < 0)
        {
            return Failed(error);
        }

        NetAddress address = default;
        if (remote is IPEndPoint ip)
        {
            address = NetAddress.From(ip);
            RawSocket.SetOption(fd, Libc.IpprotoTcp, Libc.TcpNoDelay, 1);
            if (options.KeepAlive is not null)
            {
                RawSocket.SetKeepAlive(fd, options.KeepAlive);
            }
        }

        error = RawSocket.Connect(fd, remote);
        if (error.IsError && error.Errno != Libc.Einprogress)
        {
            _ = Libc.Close(fd);
            return Failed(error);
        }

        // Also a connection that is there at once (a Unix domain socket) is found writable by the loop.
        var operation = new ConnectOperation(loop, fd, address);
        if (!loop.Add(operation, Libc.EpollOut))
        {
            _ = Libc.Close(fd);
            return Failed(new IoError(Libc.Enomem));
        }

        if (options.TimeoutMs > 0)
        {
            loop.Timers.Schedule(operation._timeout, options.TimeoutMs);
        }

        return new ValueTask<ConnectResult>(operation, operation._source.Version);
    }

    public override void OnEvents(uint events)
    {
        IoError error = RawSocket.PendingError(Fd);
        if (error.IsError)
        {
            Fail(error);
            return;
        }

        _loop.Timers.Cancel(_timeout);
        _loop.Suspend(this);
        var connection = new EpollConnection(_loop, Fd, _remote);
        Fd = -1;
        if (connection.Register())
        {
            _source.SetResult(new ConnectResult(connection, IoError.None));
        }
        else
        {
            connection.Close();
            _source.SetResult(new ConnectResult(null, new IoError(Libc.Enomem)));
        }
    }

    public override void OnLoopStops() => Fail(IoError.Aborted);

    ConnectResult IValueTaskSource<ConnectResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ConnectResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ConnectResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, ValueTaskSourceOnCompletedFlags.None);

    private static ValueTask<ConnectResult> Failed(IoError error) => new(new ConnectResult(null, error));

    private void Fail(IoError error)
    {
        _loop.Timers.Cancel(_timeout);
        _loop.Remove(this);
        _ = Libc.Close(Fd);
        Fd = -1;
        _source.SetResult(new ConnectResult(null, error));
    }

    private sealed class Timeout(ConnectOperation operation) : LoopTimer
    {
        protected override void OnExpired() => operation.Fail(IoError.TimedOut);
    }
}
