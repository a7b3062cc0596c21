using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Tcp;

/// <summary>A stream to an endpoint that has agreed to carry bytes, as a connection: what passes bytes on does not see that there is HTTP in between.</summary>
internal sealed class TunnelConnection(EventLoop loop, UpstreamStream stream) : Connection(loop)
{
    private ReadOnlyMemory<byte> _rest;
    private IConnectionEvents? _readable;
    private int _pending;
    private bool _isOver;
    private bool _isClosed;
    private bool _isReleased;

    /// <inheritdoc/>
    public override NetAddress LocalAddress => _isReleased ? default : stream.LocalAddress;

    /// <inheritdoc/>
    public override NetAddress RemoteAddress => default;

    /// <inheritdoc/>
    public override bool IsOpen => !_isClosed;

    /// <inheritdoc/>
    public override bool HasPeerClosed => _isOver;

    /// <inheritdoc/>
    public override bool MayHoldEnd => true; // only reading finds it

    /// <inheritdoc/>
    public override long BytesTaken => BytesSent;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer)
    {
        _pending++;
        IoResult result = await ReadAsync(buffer);
        BytesReceived += result.Bytes;
        _isOver |= result.IsEof || result.IsError;
        EndOperation();
        return result;
    }

    /// <inheritdoc/>
    public override void CancelReceive() => throw new NotSupportedException("Nobody stops reading from a tunnel but by closing it.");

    /// <inheritdoc/>
    public override ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> data) => SendAsync(data, default);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (_isClosed)
        {
            return IoResult.Of(IoError.Aborted);
        }

        _pending++;
        bool isSent = await stream.WriteBodyAsync(first) && (second.IsEmpty || await stream.WriteBodyAsync(second)) && await stream.FlushAsync();
        EndOperation();
        if (!isSent)
        {
            return IoResult.Of(_isClosed ? IoError.Aborted : IoError.Reset);
        }

        BytesSent += first.Length + second.Length;
        return IoResult.Of(first.Length + second.Length);
    }

    /// <inheritdoc/>
    public override void WhenReadable(IConnectionEvents? events)
    {
        _readable = events;
        if (events is not null)
        {
            // Whoever reads waits there.
            Loop.Post(static tunnel => ((TunnelConnection)tunnel!).TellReadable(), this);
        }
    }

    /// <inheritdoc/>
    public override void WhenPeerCloses(IConnectionEvents? events)
    {
        // Reading tells.
    }

    /// <inheritdoc/>
    public override void ShutdownSend()
    {
        if (!_isClosed)
        {
            Loop.Detach(EndSendingAsync(), "ending a tunnel");
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            stream.Reset(StreamReset.NotNeeded);
            ReleaseIfDone();
        }
    }

    /// <inheritdoc/>
    public override void Abort() => Close();

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<IoResult> ReadAsync(Memory<byte> buffer)
    {
        while (_rest.IsEmpty)
        {
            if (_isClosed)
            {
                return IoResult.Of(IoError.Aborted);
            }

            UpstreamRead read = stream.TryReadBody(out _rest);
            if (read == UpstreamRead.Ok && _rest.IsEmpty)
            {
                read = await stream.WaitForBodyAsync();
            }

            if (read != UpstreamRead.Ok)
            {
                return _isClosed ? IoResult.Of(IoError.Aborted) : read is UpstreamRead.End or UpstreamRead.Closed ? IoResult.Of(0) : IoResult.Of(IoError.Reset);
            }
        }

        int length = Math.Min(buffer.Length, _rest.Length);
        _rest[..length].CopyTo(buffer);
        _rest = _rest[length..];
        return IoResult.Of(length);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask EndSendingAsync()
    {
        _pending++;
        await stream.EndAsync(trailers: null);
        EndOperation();
    }

    private void TellReadable()
    {
        IConnectionEvents? events = _readable;
        _readable = null;
        if (!_isClosed)
        {
            events?.OnReadable();
        }
    }

    private void EndOperation()
    {
        _pending--;
        ReleaseIfDone();
    }

    // Whoever waits for the stream still looks at it when it goes on.
    private void ReleaseIfDone()
    {
        if (_isClosed && _pending == 0 && !_isReleased)
        {
            _isReleased = true;
            stream.Release();
        }
    }
}
