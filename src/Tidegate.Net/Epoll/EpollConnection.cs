using System.Runtime.CompilerServices;
using Tidegate.Net.Interop;

namespace Tidegate.Net.Epoll;

/// <summary>
/// A TCP or Unix stream connection, edge-triggered. The kernel reports each change of readiness once, so what is known of it is
/// kept here: a receive that filled its buffer leaves the socket readable, one that came back short has drained it (new bytes make
/// a new event); likewise a send that was taken whole leaves it writable. Thus a request costs a receive, a send, and a share of a
/// wait.
/// </summary>
internal sealed class EpollConnection : Connection, IEpollSource
{
    // This object with its operations, its place in the loop's table, the owner's object and timer (2 KiB), and what the kernel has of a socket, which a container pays as well (4 KiB); its
    // buffers apart. Measured with bench/memory.
    private const int MemoryBytes = 6 * 1024;

    private static readonly Action<object?> End = static connection => ((EpollConnection)connection!).EndOperations();

    private readonly EpollEventLoop _loop;
    private int _fd;
    private ulong _token;
    private NetAddress _localAddress;
    private readonly NetAddress _remoteAddress;

    private bool _isReadable;
    private bool _isWritable = true;
    private bool _peerFinished;
    private bool _peerReset;
    private bool _shutdownAfterSend;
    private bool _isPeeked;
    private bool _isReceiveCancelled;

    // The first error that a send or receive met; the kernel tells it once, here it stays.
    private IoError _error;

    private TurnBudget _work;

    private IoOperation? _receive;
    private Memory<byte> _receiveBuffer;
    private IoOperation? _send;
    private UnsentBytes _unsent;

    private IConnectionEvents? _readableEvents;
    private CloseWatch _closeWatch;

    /// <summary>A connection over an established socket.</summary>
    internal EpollConnection(EpollEventLoop loop, int fd, NetAddress local, NetAddress remote)
        : base(loop)
    {
        _loop = loop;
        _fd = fd;
        _localAddress = local;
        _remoteAddress = remote;
        loop.Memory.Charge(MemoryBytes);
    }

    public override NetAddress LocalAddress => !_localAddress.IsValid && IsOpen ? ReadLocalAddress() : _localAddress;

    public override NetAddress RemoteAddress => _remoteAddress;

    public override bool IsOpen => _fd >= 0;

    public override bool HasPeerClosed => _peerFinished || _peerReset;

    public override long BytesTaken => BytesSent - (IsOpen ? Math.Max(0, SocketCalls.GetUnacknowledged(_fd)) : 0);

    public string Description => $"a connection with {_remoteAddress}";

    public bool IsDeferred { get; set; }

    /// <summary>Registers with the loop; on failure the socket is closed.</summary>
    internal bool TryRegister(out IoError error)
    {
        if (_loop.TryRegister(this, _fd, EpollEventLoop.ConnectionEvents, out _token, out error))
        {
            return true;
        }

        CloseSocket();
        return false;
    }

    /// <summary>
    /// Takes over the registration of the connect that made the socket, with the events that ended it: they will not come again.
    /// </summary>
    internal void TakeOver(ulong token, uint events)
    {
        _token = token;
        _loop.Replace(token, this);
        NoteReadiness(events);
    }

    public override ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer)
    {
        if (_isReadable && HasWorkLeft() && _receive is not { IsPending: true } && _fd >= 0)
        {
            int count = SocketCalls.Receive(_fd, buffer.Span);
            if (count > 0)
            {
                Received(count, buffer.Length);
                return new ValueTask<IoResult>(IoResult.Of(count));
            }

            if (EndOfReceive(count, buffer.Length, out IoResult result))
            {
                return new ValueTask<IoResult>(result);
            }
        }

        return WaitToReceive(buffer);
    }

    public override ValueTask<IoResult> WaitToReceiveAsync() =>
        _isReadable && _fd >= 0 && _receive is not { IsPending: true } ? new ValueTask<IoResult>(IoResult.Of(0)) : WaitToReceive(default);

    public override IoResult Peek(Span<byte> buffer)
    {
        RequireUsable();
        if (_fd < 0)
        {
            return IoResult.Of(IoError.Aborted);
        }

        int count = SocketCalls.Peek(_fd, buffer);
        if (count is -SocketCalls.EAGAIN or -SocketCalls.EINTR)
        {
            _isReadable = count == -SocketCalls.EINTR;
            return IoResult.Of(IoError.WouldBlock);
        }

        if (count <= 0)
        {
            return EndOfReceive(count, buffer.Length, out IoResult result) ? result : IoResult.Of(IoError.WouldBlock);
        }

        // What was seen is not news any more; with the end known there will be none.
        _isPeeked = true;
        _isReadable = _peerFinished || _peerReset;
        return IoResult.Of(count);
    }

    public override void EndPeek()
    {
        RequireUsable();
        _isReadable |= _isPeeked;
        _isPeeked = false;
    }

    public override void CancelReceive()
    {
        RequireUsable();
        if (_receive is { IsPending: true } && !_isReceiveCancelled)
        {
            _isReceiveCancelled = true;
            _loop.Post(End, this);
        }
    }

    public override ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (_isWritable && HasWorkLeft() && _send is not { IsPending: true } && _fd >= 0)
        {
            int count = SocketCalls.Send(_fd, data.Span);
            if (count == data.Length)
            {
                Sent(count);
                return new ValueTask<IoResult>(IoResult.Of(count));
            }

            return ContinueSend(count, data, default);
        }

        return WaitToSend(data, default);
    }

    public override ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (second.IsEmpty)
        {
            return SendAsync(first);
        }

        if (_isWritable && HasWorkLeft() && _send is not { IsPending: true } && _fd >= 0)
        {
            int count = SocketCalls.Send(_fd, first.Span, second.Span);
            if (count == first.Length + second.Length)
            {
                Sent(count);
                return new ValueTask<IoResult>(IoResult.Of(count));
            }

            return ContinueSend(count, first, second);
        }

        return WaitToSend(first, second);
    }

    public override void WhenReadable(IConnectionEvents? events)
    {
        RequireUsable();
        if (events is not null && _receive is { IsPending: true })
        {
            ThrowPending("receive");
        }

        _readableEvents = events;
        if (events is not null && _isReadable)
        {
            _loop.Defer(this);
        }
    }

    public override void WhenPeerCloses(IConnectionEvents? events)
    {
        RequireUsable();
        _closeWatch = new CloseWatch(events);
        if (events is not null && HasPeerClosed)
        {
            _loop.Defer(this);
        }
    }

    public override void ShutdownSend()
    {
        RequireUsable();
        if (_fd < 0)
        {
            return;
        }

        if (_send is { IsPending: true })
        {
            _shutdownAfterSend = true;
        }
        else
        {
            // ENOTCONN: the peer reset it meanwhile; the next receive tells.
            _ = SocketCalls.ShutdownSend(_fd);
        }
    }

    public override void Close()
    {
        RequireUsable();
        if (_fd < 0)
        {
            return;
        }

        _loop.Forget(_token);
        CloseSocket();
        _readableEvents = null;
        _closeWatch = default;
        if (_send is { IsPending: true } || _receive is { IsPending: true })
        {
            _loop.Post(End, this);
        }
    }

    public override void Abort()
    {
        RequireUsable();
        if (_fd >= 0)
        {
            _ = SocketCalls.SetResetOnClose(_fd);
            Close();
        }
    }

    public void OnEvents(uint events)
    {
        NoteReadiness(events);
        Proceed();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void NoteReadiness(uint events)
    {
        if ((events & (EpollSet.Readable | EpollSet.PeerClosed | EpollSet.HangUp | EpollSet.Error)) != 0)
        {
            _isReadable = true;
            if ((events & (EpollSet.PeerClosed | EpollSet.HangUp | EpollSet.Error)) != 0)
            {
                _peerFinished |= (events & (EpollSet.PeerClosed | EpollSet.HangUp)) != 0;
                _peerReset |= (events & EpollSet.Error) != 0;
            }
        }

        if ((events & (EpollSet.Writable | EpollSet.HangUp | EpollSet.Error)) != 0)
        {
            _isWritable = true;
        }
    }

    public void OnDeferred()
    {
        if (_fd >= 0)
        {
            Proceed();
        }
    }

    public void OnFault() => Abort();

    public void OnLoopStopping() => Close();

    private void CloseSocket()
    {
        _ = SocketCalls.Close(_fd);
        _fd = -1;
        _loop.Memory.Charge(-MemoryBytes);
    }

    // What the present readiness allows, in order; each step may run the owner's code, which may close the connection.
    private void Proceed()
    {
        if (_isWritable && _send is { IsPending: true })
        {
            ProceedSend();
        }

        if (_isReadable && _fd >= 0)
        {
            if (_receive is { IsPending: true })
            {
                ProceedReceive();
            }
            else if (_readableEvents is { } events)
            {
                _readableEvents = null;
                events.OnReadable();
            }
        }

        if (_closeWatch.IsSet && HasPeerClosed && _fd >= 0)
        {
            _closeWatch.Tell(_peerReset);
        }
    }

    private void ProceedReceive()
    {
        if (_isReceiveCancelled || !HasWorkLeft())
        {
            _loop.Defer(this);
            return;
        }

        if (_receiveBuffer.IsEmpty)
        {
            EndReceive(IoResult.Of(0)); // only waited for
            return;
        }

        int count = SocketCalls.Receive(_fd, _receiveBuffer.Span);
        IoResult result;
        if (count > 0)
        {
            Received(count, _receiveBuffer.Length);
            result = IoResult.Of(count);
        }
        else if (!EndOfReceive(count, _receiveBuffer.Length, out result))
        {
            return;
        }

        EndReceive(result);
    }

    // Who waited on a connection that was closed meanwhile, or for a receive that was cancelled.
    private void EndOperations()
    {
        if (_fd < 0 && _send is { IsPending: true })
        {
            EndSend(IoResult.Of(IoError.Aborted));
        }

        if (_receive is { IsPending: true })
        {
            EndReceive(IoResult.Of(IoError.Aborted));
        }
    }

    private void EndReceive(IoResult result)
    {
        _isReceiveCancelled = false;
        _receiveBuffer = default;
        _receive!.Complete(result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Received(int count, int asked)
    {
        // Short means drained; but an end of stream that is known of already makes no further event.
        if (count < asked && !_peerFinished && !_peerReset)
        {
            _isReadable = false;
        }

        BytesReceived += count;
        _work.Take(count);
    }

    // Not a positive count: the end, an error, or (false) nothing there yet.
    private bool EndOfReceive(int count, int asked, out IoResult result)
    {
        if (asked == 0)
        {
            throw new ArgumentException("A receive needs room for at least one byte.");
        }

        if (count == -SocketCalls.EINTR)
        {
            // Nothing was read; with the socket still readable the loop tries again.
            _loop.Defer(this);
            result = default;
            return false;
        }

        if (count == -SocketCalls.EAGAIN)
        {
            _isReadable = false;
            result = default;
            return false;
        }

        if (count < 0)
        {
            if (!_error.IsError)
            {
                _error = new IoError(-count);
            }

            _peerReset = true;
            result = IoResult.Of(_error);
            return true;
        }

        // The kernel tells an error once. If a send took it, the end that is seen here is not a clean one (EPIPE alone is: it means
        // that FIN came first).
        _peerFinished = true;
        result = !_error.IsError || _error == IoError.BrokenPipe ? IoResult.Of(0) : IoResult.Of(_error);
        return true;
    }

    private ValueTask<IoResult> WaitToReceive(Memory<byte> buffer)
    {
        RequireUsable();
        if (_fd < 0)
        {
            return new ValueTask<IoResult>(IoResult.Of(IoError.Aborted));
        }

        _receive ??= new IoOperation();
        if (_receive.IsPending || _readableEvents is not null)
        {
            ThrowPending("receive");
        }

        _receiveBuffer = buffer;
        ValueTask<IoResult> task = _receive.Begin();
        if (_isReadable)
        {
            _loop.Defer(this);
        }

        return task;
    }

    private void ProceedSend()
    {
        if (!HasWorkLeft())
        {
            _loop.Defer(this);
            return;
        }

        if (!AdvanceSend(_unsent.TrySend(_fd), out IoResult result))
        {
            return;
        }

        if (_shutdownAfterSend)
        {
            _shutdownAfterSend = false;
            _ = SocketCalls.ShutdownSend(_fd);
        }

        EndSend(result);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Sent(int count)
    {
        BytesSent += count;
        _work.Take(count);
    }

    // Takes off what the kernel took; true when the operation has ended.
    private bool AdvanceSend(int count, out IoResult result)
    {
        if (count >= 0)
        {
            Sent(count);
            result = IoResult.Of(_unsent.Total);
            if (_unsent.Advance(count))
            {
                return true;
            }

            // Taken in part: the socket's buffer is full, and the kernel will tell when it has room.
            _isWritable = false;
            return false;
        }

        result = default;
        switch (-count)
        {
            case SocketCalls.EAGAIN:
                _isWritable = false;
                return false;
            case SocketCalls.EINTR:
                _loop.Defer(this);
                return false;
            default:
                if (!_error.IsError)
                {
                    _error = new IoError(-count);
                }

                _peerReset |= _error != IoError.BrokenPipe;
                result = IoResult.Of(_error);
                return true;
        }
    }

    private ValueTask<IoResult> ContinueSend(int count, ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        _unsent = new UnsentBytes(first, second);
        if (AdvanceSend(count, out IoResult result))
        {
            _unsent = default;
            return new ValueTask<IoResult>(result);
        }

        _send ??= new IoOperation();
        return _send.Begin();
    }

    private ValueTask<IoResult> WaitToSend(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        RequireUsable();
        if (_fd < 0)
        {
            return new ValueTask<IoResult>(IoResult.Of(IoError.Aborted));
        }

        _send ??= new IoOperation();
        if (_send.IsPending)
        {
            ThrowPending("send");
        }

        _unsent = new UnsentBytes(first, second);
        ValueTask<IoResult> task = _send.Begin();
        if (_isWritable)
        {
            _loop.Defer(this);
        }

        return task;
    }

    private void EndSend(IoResult result)
    {
        _unsent = default;
        _send!.Complete(result);
    }

    // Bounded work per turn: when it is used up, the operation waits for the next round of the loop although the socket is ready.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasWorkLeft() => _work.IsLeft(_loop.Turn, _loop.MaxBytesPerConnectionPerTurn);

    private NetAddress ReadLocalAddress()
    {
        Span<byte> address = stackalloc byte[SocketAddressBytes.MaxLength];
        if (SocketCalls.GetLocalAddress(_fd, address) >= 0)
        {
            _localAddress = SocketAddressBytes.Read(address);
        }

        return _localAddress;
    }

    private void RequireUsable() => _loop.RequireCurrent();

    private static void ThrowPending(string what) => throw new InvalidOperationException($"A {what} is pending already.");
}
