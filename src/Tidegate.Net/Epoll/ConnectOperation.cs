using System.Net;
using System.Threading.Tasks.Sources;
using Tidegate.Net.Interop;
using Tidegate.Net.Timers;

namespace Tidegate.Net.Epoll;

/// <summary>
/// One attempt to connect: source of events until the socket is connected, timer for its time-out, and source of its ValueTask.
/// </summary>
internal sealed class ConnectOperation : LoopTimer, IEpollSource, IValueTaskSource<ConnectResult>
{
    private readonly EpollEventLoop _loop;
    private readonly NetAddress _remote;
    private ManualResetValueTaskSourceCore<ConnectResult> _completion;
    private int _fd;
    private ulong _token;

    private ConnectOperation(EpollEventLoop loop, int fd, NetAddress remote)
    {
        _loop = loop;
        _fd = fd;
        _remote = remote;
    }

    public string Description => $"a connect to {_remote}";

    public bool IsDeferred { get; set; }

    internal static ValueTask<ConnectResult> Start(EpollEventLoop loop, EndPoint remote, ConnectOptions options)
    {
        int family = SocketAddressBytes.FamilyOf(remote);
        int fd = SocketCalls.CreateStream(family);
        if (fd < 0)
        {
            return Failed(-fd);
        }

        if (fd >= options.DescriptorLimit)
        {
            _ = SocketCalls.Close(fd);
            return Failed(IoError.TooManyOpenFiles.Errno);
        }

        int result = Configure(fd, family, options);
        if (result >= 0)
        {
            Span<byte> bytes = stackalloc byte[SocketAddressBytes.MaxLength];
            result = SocketCalls.Connect(fd, bytes[..SocketAddressBytes.Write(remote, bytes)]);
        }

        NetAddress address = remote is IPEndPoint ip ? NetAddress.From(ip) : default;
        switch (-result)
        {
            case 0:
                var connection = new EpollConnection(loop, fd, default, address);
                bool isRegistered = connection.TryRegister(out IoError error);
                return new ValueTask<ConnectResult>(new ConnectResult(isRegistered ? connection : null, error));
            case SocketCalls.EINPROGRESS or SocketCalls.EINTR:
                return new ConnectOperation(loop, fd, address).Wait(options.TimeoutMs);
            default:
                _ = SocketCalls.Close(fd);
                return Failed(-result);
        }
    }

    public void OnEvents(uint events)
    {
        int errno = SocketCalls.TakeError(_fd);
        if (errno != 0)
        {
            Fail(errno);
            return;
        }

        // The registration passes to the connection: same descriptor, same token.
        _loop.Timers.Cancel(this);
        var connection = new EpollConnection(_loop, _fd, default, _remote);
        _fd = -1;
        connection.TakeOver(_token, events);
        _completion.SetResult(new ConnectResult(connection, IoError.None));
    }

    public void OnDeferred()
    {
    }

    public void OnFault()
    {
        // The continuation threw; the attempt itself has ended before.
    }

    public void OnLoopStopping() => Fail(IoError.Aborted.Errno);

    public ConnectResult GetResult(short token) => _completion.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _completion.GetStatus(token);

    // The loop's own context would post; the continuation runs on the loop anyhow.
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, _loop.IsCurrent ? ValueTaskSourceOnCompletedFlags.None : flags);

    protected override void OnExpired() => Fail(IoError.TimedOut.Errno);

    private static ValueTask<ConnectResult> Failed(int errno) => new(new ConnectResult(null, new IoError(errno)));

    private static int Configure(int fd, int family, ConnectOptions options)
    {
        if (family == SocketCalls.UnixFamily)
        {
            return 0;
        }

        int result = StreamSettings.Apply(fd, options.KeepAlive, options.Buffers);
        if (result >= 0 && options.LocalEndPoint is { } local)
        {
            Span<byte> bytes = stackalloc byte[SocketAddressBytes.MaxLength];
            result = SocketCalls.Bind(fd, bytes[..SocketAddressBytes.Write(local, bytes)]);
        }

        return result;
    }

    private ValueTask<ConnectResult> Wait(long timeoutMs)
    {
        if (!_loop.TryRegister(this, _fd, EpollEventLoop.ConnectionEvents, out _token, out IoError error))
        {
            _ = SocketCalls.Close(_fd);
            return Failed(error.Errno);
        }

        if (timeoutMs > 0)
        {
            _loop.Timers.Schedule(this, timeoutMs);
        }

        return new ValueTask<ConnectResult>(this, _completion.Version);
    }

    private void Fail(int errno)
    {
        _loop.Timers.Cancel(this);
        _loop.Forget(_token);
        _ = SocketCalls.Close(_fd);
        _fd = -1;
        _completion.SetResult(new ConnectResult(null, new IoError(errno)));
    }
}
