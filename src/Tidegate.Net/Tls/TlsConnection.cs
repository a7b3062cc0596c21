using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Authentication;

namespace Tidegate.Net.Tls;

/// <summary>
/// TLS over a connection: the platform's <see cref="SslStream"/>, whose reads and writes are the connection's, so that it runs on the
/// loop's thread without a hop. After the handshake it is a connection like any other; while nobody receives it holds no buffer.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Close and Abort are the ends that a connection has, and dispose of them")]
public sealed class TlsConnection : Connection
{
    // A TLS record's payload (RFC 8446, section 5.1): two pieces that fit are sent as one.
    private const int RecordBytes = 16 * 1024;

    // What the platform holds for a session, outside of the managed heap too, and what it holds while it makes one; measured with bench/memory.
    private const int SessionBytes = 28 * 1024;
    private const int HandshakeBytes = 64 * 1024;

    private static readonly Action<object?> DisposeTls = static tls => ((SslStream)tls!).Dispose();

    private readonly Connection _inner;
    private readonly ConnectionStream _transport;
    private readonly SslStream _tls;
    private bool _isServer;
    private bool _isEstablished;
    private bool _mayHoldMore;
    private bool _isSending;
    private bool _isShutdown;
    private bool _isDisposed;
    private int _chargedBytes;
    private IoError _receiveError;

    /// <summary>TLS that has not begun, over a connection that is this object's from now on.</summary>
    /// <param name="inner">The connection.</param>
    public TlsConnection(Connection inner)
        : base(inner.Loop)
    {
        _inner = inner;
        _transport = new ConnectionStream(inner);
        _tls = new SslStream(_transport, leaveInnerStreamOpen: true);
        Charge(HandshakeBytes);
    }

    /// <inheritdoc/>
    public override NetAddress LocalAddress => _inner.LocalAddress;

    /// <inheritdoc/>
    public override NetAddress RemoteAddress => _inner.RemoteAddress;

    /// <inheritdoc/>
    public override bool IsOpen => _inner.IsOpen;

    /// <inheritdoc/>
    public override bool HasPeerClosed => _inner.HasPeerClosed;

    /// <inheritdoc/>
    public override bool MayHoldEnd => true;

    /// <summary>Whether the handshake failed by no doing of the peer's.</summary>
    public bool HasFailedItself { get; private set; }

    /// <summary>The negotiated version; after the handshake.</summary>
    public SslProtocols Version => _tls.SslProtocol;

    /// <summary>The negotiated cipher suite; after the handshake.</summary>
    public TlsCipherSuite CipherSuite => _tls.NegotiatedCipherSuite;

    /// <summary>Whether the session is one that was made before; after the handshake.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>The group that the keys were agreed on in (RFC 8446, section 4.2.7); after the handshake, and 0 where none is known.</summary>
    public ushort Group { get; private set; }

    /// <summary>Bytes that the peer may send before the handshake is done. A long chain of certificates is some 10 KiB.</summary>
    public int MaxHandshakeBytes { get; init; } = 128 * 1024;

    /// <summary>Bytes that a client may send before it is answered (edge.md, T17).</summary>
    public int MaxClientHelloBytes { get; init; } = 64 * 1024;

    /// <summary>The application protocol (ALPN) that was agreed on; empty when none was.</summary>
    public SslApplicationProtocol ApplicationProtocol => _tls.NegotiatedApplicationProtocol;

    /// <summary>The server name (SNI) that was asked for; empty when none was.</summary>
    public string ServerName => _tls.TargetHostName;

    /// <summary>Makes the handshake as the server.</summary>
    /// <returns>Null when it is done; else why it failed, in the platform's words, and the connection is to be closed.</returns>
    public ValueTask<string?> AcceptAsync(SslServerAuthenticationOptions options)
    {
        _isServer = true;
        _transport.BeginHandshake(MaxHandshakeBytes, MaxClientHelloBytes, isServer: true);
        return HandshakeAsync(_tls.AuthenticateAsServerAsync(options));
    }

    /// <summary>Makes the handshake as the client.</summary>
    /// <returns>Null when it is done; else why it failed, in the platform's words, and the connection is to be closed.</returns>
    public ValueTask<string?> ConnectAsync(SslClientAuthenticationOptions options)
    {
        _transport.BeginHandshake(MaxHandshakeBytes, MaxHandshakeBytes, isServer: false);
        return HandshakeAsync(_tls.AuthenticateAsClientAsync(options));
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer)
    {
        if (_receiveError.IsError || !IsOpen)
        {
            return IoResult.Of(_receiveError.IsError ? _receiveError : IoError.Aborted);
        }

        try
        {
            int count = await _tls.ReadAsync(buffer).ConfigureAwait(false);
            ComeHome();
            if (count == 0 && _transport.HasEnded && !_isServer)
            {
                // The connection ended and TLS had not: what came may have been cut off (edge.md, T20). Of clients, many end that way when they have sent
                // all, and what they send says itself where it ends.
                _receiveError = IoError.Reset;
                return IoResult.Of(_receiveError);
            }

            _transport.OnData();
            _mayHoldMore = count == buffer.Length;
            BytesReceived += count;
            return IoResult.Of(count);
        }
        catch (Exception exception) when (IsOfPeer(exception))
        {
            ComeHome();
            IoError error = ErrorOf(exception);
            if (error != IoError.Aborted)
            {
                _receiveError = error;
            }

            return IoResult.Of(error);
        }
    }

    /// <inheritdoc/>
    public override long BytesTaken => _inner.BytesTaken;

    /// <inheritdoc/>
    public override void CancelReceive() => _inner.CancelReceive();

    /// <inheritdoc/>
    public override ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (!IsOpen || _isShutdown)
        {
            return new ValueTask<IoResult>(IoResult.Of(IoError.Aborted));
        }

        _isSending = true;
        ValueTask write = _tls.WriteAsync(data);
        if (!write.IsCompletedSuccessfully)
        {
            return AwaitWrite(write, data.Length);
        }

        _isSending = false;
        BytesSent += data.Length;
        return new ValueTask<IoResult>(IoResult.Of(data.Length));
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        // Whole records: a head and the body behind it leave as one, and copying costs less than a record of its own.
        int total = first.Length + second.Length;
        byte[] record = Loop.Buffers.Rent(RecordBytes);
        IoResult result = IoResult.Of(0);
        while (first.Length > 0 && !result.IsError)
        {
            int ofFirst = Math.Min(first.Length, RecordBytes);
            int ofSecond = Math.Min(second.Length, RecordBytes - ofFirst);
            first.Span[..ofFirst].CopyTo(record);
            second.Span[..ofSecond].CopyTo(record.AsSpan(ofFirst));
            first = first[ofFirst..];
            second = second[ofSecond..];
            result = await SendAsync(record.AsMemory(0, ofFirst + ofSecond));
        }

        Loop.Buffers.Return(record);
        if (!result.IsError && second.Length > 0)
        {
            result = await SendAsync(second);
        }

        return result.IsError ? result : IoResult.Of(total);
    }

    /// <inheritdoc/>
    public override void WhenReadable(IConnectionEvents? events)
    {
        if (events is not null && _mayHoldMore && IsOpen)
        {
            // The last receive filled its buffer to the brim, so more may be decrypted already, of which the socket knows nothing.
            _mayHoldMore = false;
            Loop.Post(static state => ((IConnectionEvents)state!).OnReadable(), events);
            return;
        }

        _inner.WhenReadable(events);
    }

    /// <inheritdoc/>
    public override void WhenPeerCloses(IConnectionEvents? events) => _inner.WhenPeerCloses(events);

    /// <inheritdoc/>
    public override void ShutdownSend()
    {
        if (!IsOpen || _isShutdown)
        {
            return;
        }

        _isShutdown = true;
        if (!_isSending)
        {
            Loop.Detach(EndSendingAsync(), "ending TLS");
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        if (IsOpen && _isEstablished && !_isShutdown && !_isSending)
        {
            // Says that this is the end, if the socket takes it at once.
            _isShutdown = true;
            Loop.Detach(NotifyCloseAsync(), "ending TLS");
        }

        _inner.Close();
        DisposeOnce();
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        _inner.Abort();
        DisposeOnce();
    }

    private static bool IsOfPeer(Exception exception) =>
        exception is IOException or AuthenticationException or ObjectDisposedException;

    // What goes on from here is ours again, and has the loop's context (see ConnectionStream).
    private void ComeHome() => SynchronizationContext.SetSynchronizationContext(Loop.Context);

    private static IoError ErrorOf(Exception exception) => exception switch
    {
        ConnectionException connection => connection.Error,
        ObjectDisposedException => IoError.Aborted,
        { InnerException: ConnectionException inner } => inner.Error,
        _ => IoError.Protocol,
    };

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<string?> HandshakeAsync(Task handshake)
    {
        try
        {
            await handshake;
        }
        catch (Exception exception) when (IsOfPeer(exception))
        {
            return exception.InnerException is { } inner and not ConnectionException ? $"{exception.Message} {inner.Message}" : exception.Message;
        }
        catch (Exception exception)
        {
            // Not the peer's doing: the platform does not like what it was asked for, or there is a bug.
            HasFailedItself = true;
            Loop.ReportUnhandled(exception, "a TLS handshake");
            return exception.Message;
        }

        _isEstablished = true;
        if (!_isDisposed)
        {
            Charge(SessionBytes);
        }

        (IsResumed, Group) = _transport.EndHandshake();
        return null;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<IoResult> AwaitWrite(ValueTask write, int length)
    {
        IoResult result = IoResult.Of(length);
        try
        {
            await write.ConfigureAwait(false);
            ComeHome();
            BytesSent += length;
        }
        catch (Exception exception) when (IsOfPeer(exception))
        {
            ComeHome();
            result = IoResult.Of(ErrorOf(exception));
        }

        _isSending = false;
        if (_isShutdown && IsOpen)
        {
            await EndSendingAsync();
        }

        return result;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask EndSendingAsync()
    {
        await NotifyCloseAsync();
        if (_inner.IsOpen)
        {
            _inner.ShutdownSend();
        }
    }

    // The alert close_notify (RFC 8446, section 6.1).
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask NotifyCloseAsync()
    {
        try
        {
            await _tls.ShutdownAsync();
        }
        catch (Exception exception) when (IsOfPeer(exception))
        {
            // The peer is gone before us: nobody to tell.
            _receiveError = _receiveError.IsError ? _receiveError : ErrorOf(exception);
        }
    }

    private void Charge(int bytes)
    {
        Loop.Memory.Charge(bytes - _chargedBytes);
        _chargedBytes = bytes;
    }

    private void DisposeOnce()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Charge(0);
            Loop.Post(DisposeTls, _tls); // after who waits for it has been told
        }
    }
}
