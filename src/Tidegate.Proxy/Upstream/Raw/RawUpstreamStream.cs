using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Upstream.Raw;

/// <summary>
/// A request whose body goes to its endpoint as it is, without a head, and what comes back is the body of its answer: CONNECT that ends at the gateway (RFC 9110, section 9.3.6;
/// Envoy: <c>connect_config</c>). The endpoint has agreed when it could be connected to.
/// </summary>
internal sealed class RawUpstreamStream(RawUpstreamConnection owner) : UpstreamStream
{
    private const int ReceiveBytes = 16 * 1024;

    private readonly Http1MessageWriter _writer = new();
    private ReceiveBuffer _received;
    private bool _isConnect;
    private bool _isTunnel;
    private bool _isSending;
    private bool _isReceiving;
    private bool _isReleased;

    /// <inheritdoc/>
    public override NetAddress LocalAddress => owner.Connection.LocalAddress;

    /// <inheritdoc/>
    public override bool LeadsBack => owner.LeadsBack;

    /// <inheritdoc/>
    public override bool IsRefused => false;

    /// <inheritdoc/>
    public override bool IsStale => false;

    /// <summary>Makes it ready for a request.</summary>
    public void Begin()
    {
        _writer.Begin(owner.Connection);
        _writer.BeginRaw();
    }

    /// <inheritdoc/>
    public override void AppendHead(RequestHead head) => _isConnect = head.Method == KnownMethod.Connect;

    /// <inheritdoc/>
    public override ValueTask<bool> WriteBodyAsync(ReadOnlyMemory<byte> data) =>
        _writer.TryAppend(data.Span) ? new ValueTask<bool>(true) : CompleteAsync(_writer.SendAsync(data));

    /// <inheritdoc/>
    public override ValueTask<bool> FlushAsync() => _writer.HasPending ? CompleteAsync(_writer.FlushAsync()) : new ValueTask<bool>(true);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<bool> EndAsync(HeaderMap? trailers)
    {
        bool isSent = await FlushAsync();
        if (!_isConnect || _isTunnel)
        {
            owner.Connection.ShutdownSend(); // otherwise what follows CONNECT is still to come
        }

        return isSent;
    }

    /// <inheritdoc/>
    public override ValueTask<UpstreamRead> ReadHeadAsync(RequestHead request, ResponseHead head, HeaderMap trailers)
    {
        head.Reset();
        head.Status = 200;
        head.Framing = _isConnect ? MessageFraming.None : MessageFraming.UntilClose;
        return new ValueTask<UpstreamRead>(UpstreamRead.Ok);
    }

    /// <inheritdoc/>
    public override UpstreamRead TryReadBody(out ReadOnlyMemory<byte> data)
    {
        data = _received.Slice(0, _received.Length);
        _received.Consume(data.Length);
        return UpstreamRead.Ok;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<UpstreamRead> WaitForBodyAsync()
    {
        Memory<byte> room = _received.PrepareToReceive(owner.Connection.Loop.Buffers, ReceiveBytes);
        _isReceiving = true;
        IoResult result = await owner.Connection.ReceiveAsync(room);
        _isReceiving = false;
        if (_isReleased)
        {
            GiveBack();
            return UpstreamRead.Terminated;
        }

        if (result.IsError || result.IsEof)
        {
            return result.IsError ? UpstreamRead.Terminated : UpstreamRead.End;
        }

        _received.Commit(result.Bytes);
        return UpstreamRead.Ok;
    }

    /// <inheritdoc/>
    public override void BecomeTunnel() => _isTunnel = true;

    /// <inheritdoc/>
    public override void Reset(StreamReset reason)
    {
        if (_isTunnel)
        {
            owner.Connection.Close(); // what was sent is still to be read
        }
        else
        {
            owner.Connection.Abort();
        }
    }

    /// <inheritdoc/>
    public override void Release()
    {
        _isReleased = true;
        owner.EndStream();
        GiveBack();
    }

    private void GiveBack()
    {
        if (!_isReceiving)
        {
            _received.Release(owner.Connection.Loop.Buffers);
        }

        if (!_isSending)
        {
            _writer.Release();
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> CompleteAsync(ValueTask<IoResult> send)
    {
        _isSending = true;
        IoResult result = await send;
        _isSending = false;
        if (_isReleased)
        {
            GiveBack();
        }

        return !result.IsError;
    }
}
