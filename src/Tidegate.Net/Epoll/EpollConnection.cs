using Tidegate.Net.Interop;

namespace Tidegate.Net.Epoll;

/// <summary>
/// A TCP or Unix domain connection. It is registered once, edge-triggered, for reading and writing; everything is tried at
/// once and waits for an event only when the kernel would block. A receive that fills less than its buffer has drained the
/// socket: no second call is needed to find that out, because whatever comes later makes a new event.
/// </summary>
internal sealed class EpollConnection : Connection
{
    private readonly EpollEventLoop _loop;
    private readonly Registration _registration;
    private readonly IoOperation _receive = new();
    private readonly IoOperation _send = new();
    private Memory<byte> _receiveInto;
    private ReadOnlyMemory<byte> _toSend;
    private ReadOnlyMemory<byte> _toSendAfter;
    private int _sentBytes;
    private IConnectionEvents? _whenReadable;
    private IConnectionEvents? _whenPeerCloses;
    private NetAddress _localAddress;
    private bool _mayBeReadable;
    private bool _hasPeerClosed;

    public EpollConnection(EpollEventLoop loop, int fd, NetAddress remoteAddress)
        : base(loop)
    {
        _loop = loop;
        RemoteAddress = remoteAddress;
        _registration = new Registration(this, fd);
    }

    /// <inheritdoc/>
    public override NetAddress LocalAddress
    {
        get
        {
            if (!_localAddress.IsValid && IsOpen)
            {
                _localAddress = RawSocket.LocalAddressOf(_registration.Fd);
            }

            return _localAddress;
        }
    }

    /// <inheritdoc/>
    public override NetAddress RemoteAddress { get; }

    /// <inheritdoc/>
    public override bool IsOpen => _registration.Fd >= 0;

    /// <inheritdoc/>
    public override bool HasPeerClosed => _hasPeerClosed;

    /// <summary>Begins to watch it. False: the system does not let us.</summary>
    public bool Register() => _loop.Add(_registration, Libc.EpollIn | Libc.EpollOut | Libc.EpollRdHup | Libc.EpollEt);

    /// <inheritdoc/>
    public override ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer)
    {
        if (!IsOpen)
        {
            return new ValueTask<IoResult>(IoResult.Of(IoError.Aborted));
        }

        if (_mayBeReadable && TryReceive(buffer.Span, out IoResult result))
        {
            return new ValueTask<IoResult>(result);
        }

        _receiveInto = buffer;
        return _receive.Begin();
    }

    /// <inheritdoc/>
    public override void CancelReceive()
    {
        if (_receive.IsPending)
        {
            CompleteReceive(IoResult.Of(IoError.Aborted));
        }
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (!IsOpen)
        {
            return new ValueTask<IoResult>(IoResult.Of(IoError.Aborted));
        }

        IoResult result = RawSocket.Send(_registration.Fd, data.Span);
        return result.Bytes == data.Length && !result.IsError
            ? new ValueTask<IoResult>(result)
            : SendRestAsync(result, data, default);
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (!IsOpen)
        {
            return new ValueTask<IoResult>(IoResult.Of(IoError.Aborted));
        }

        IoResult result = RawSocket.Send(_registration.Fd, first.Span, second.Span);
        return result.Bytes == first.Length + second.Length && !result.IsError
            ? new ValueTask<IoResult>(result)
            : SendRestAsync(result, first, second);
    }

    /// <inheritdoc/>
    public override void WhenReadable(IConnectionEvents? events)
    {
        _whenReadable = events;
        if (events is not null && _mayBeReadable)
        {
            _loop.Defer(this); // an event for it has been taken already
        }
    }

    /// <inheritdoc/>
    public override void WhenPeerCloses(IConnectionEvents? events) => _whenPeerCloses = events;

    /// <inheritdoc/>
    public override void ShutdownSend()
    {
        if (IsOpen)
        {
            _ = Libc.Shutdown(_registration.Fd, Libc.ShutWr); // fails only when the connection is gone already
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        if (!IsOpen)
        {
            return;
        }

        _loop.Remove(_registration);
        _registration.CloseDescriptor();
        _whenReadable = null;
        _whenPeerCloses = null;
        if (_send.IsPending)
        {
            CompleteSend(IoResult.Of(IoError.Aborted));
        }

        if (_receive.IsPending)
        {
            CompleteReceive(IoResult.Of(IoError.Aborted));
        }
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        if (IsOpen)
        {
            RawSocket.ResetOnClose(_registration.Fd);
            Close();
        }
    }

    /// <summary>Called by the loop for <see cref="EpollEventLoop.Defer"/>.</summary>
    public void OnDeferred()
    {
        if (_mayBeReadable && _whenReadable is { } events)
        {
            _whenReadable = null;
            events.OnReadable();
        }
    }

    private void OnEvents(uint events)
    {
        if ((events & Libc.EpollOut) != 0 && _send.IsPending)
        {
            ContinueSending();
        }

        if ((events & (Libc.EpollIn | Libc.EpollRdHup | Libc.EpollHup | Libc.EpollErr)) == 0 || !IsOpen)
        {
            return;
        }

        _mayBeReadable = true;
        bool hasJustClosed = !_hasPeerClosed && (events & (Libc.EpollRdHup | Libc.EpollHup | Libc.EpollErr)) != 0;
        _hasPeerClosed |= hasJustClosed;
        if (_receive.IsPending)
        {
            if (TryReceive(_receiveInto.Span, out IoResult result))
            {
                CompleteReceive(result);
            }
        }
        else if (_whenReadable is { } readable)
        {
            _whenReadable = null;
            readable.OnReadable();
        }
        else if (hasJustClosed)
        {
            _whenPeerCloses?.OnPeerClosed((events & (Libc.EpollHup | Libc.EpollErr)) != 0);
        }
    }

    // False: nothing is there, and an event will tell when something is.
    private bool TryReceive(Span<byte> buffer, out IoResult result)
    {
        result = RawSocket.Receive(_registration.Fd, buffer);
        if (result.IsError)
        {
            if (result.Error.Errno == Libc.Eagain)
            {
                _mayBeReadable = false;
                return false;
            }

            return true;
        }

        if (result.Bytes < buffer.Length && !_hasPeerClosed)
        {
            _mayBeReadable = false;
        }

        return true;
    }

    private void CompleteReceive(IoResult result)
    {
        _receiveInto = default;
        _receive.Complete(result);
    }

    private ValueTask<IoResult> SendRestAsync(IoResult result, ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (result.IsError && result.Error.Errno != Libc.Eagain)
        {
            return new ValueTask<IoResult>(result);
        }

        _toSend = first;
        _toSendAfter = second;
        _sentBytes = 0;
        Advance(result.Bytes);
        return _send.Begin();
    }

    private void ContinueSending()
    {
        while (true)
        {
            IoResult result = _toSendAfter.IsEmpty
                ? RawSocket.Send(_registration.Fd, _toSend.Span)
                : RawSocket.Send(_registration.Fd, _toSend.Span, _toSendAfter.Span);
            if (result.IsError)
            {
                if (result.Error.Errno != Libc.Eagain)
                {
                    CompleteSend(result);
                }

                return;
            }

            Advance(result.Bytes);
            if (_toSend.IsEmpty)
            {
                CompleteSend(IoResult.Of(_sentBytes));
                return;
            }
        }
    }

    private void Advance(int count)
    {
        _sentBytes += count;
        int ofFirst = Math.Min(count, _toSend.Length);
        _toSend = _toSend[ofFirst..];
        if (_toSend.IsEmpty)
        {
            _toSend = _toSendAfter[(count - ofFirst)..];
            _toSendAfter = default;
        }
    }

    private void CompleteSend(IoResult result)
    {
        _toSend = default;
        _toSendAfter = default;
        _send.Complete(result);
    }

    // A connection has a base class already.
    private sealed class Registration : EpollRegistration
    {
        private readonly EpollConnection _connection;

        public Registration(EpollConnection connection, int fd)
        {
            _connection = connection;
            Fd = fd;
        }

        public void CloseDescriptor()
        {
            _ = Libc.Close(Fd);
            Fd = -1;
        }

        public override void OnEvents(uint events) => _connection.OnEvents(events);

        public override void OnLoopStops() => _connection.Abort();
    }
}
