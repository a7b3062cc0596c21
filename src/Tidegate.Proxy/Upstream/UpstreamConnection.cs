using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Http1;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Timers;

namespace Tidegate.Proxy.Upstream;

/// <summary>How reading from an upstream ended.</summary>
internal enum UpstreamRead : byte
{
    /// <summary>A head was parsed, or a piece of body is there.</summary>
    Ok,

    /// <summary>The answer is whole.</summary>
    End,

    /// <summary>The upstream closed or reset the connection too early, or we did.</summary>
    Terminated,

    /// <summary>What came is not HTTP/1.1 (Envoy: protocol error).</summary>
    ProtocolError,
}

/// <summary>
/// One HTTP/1.1 connection to an endpoint, carrying one request at a time. While it waits in the pool it holds no buffer, and
/// whatever arrives then (an end, or bytes that nobody asked for) makes it useless.
/// </summary>
internal sealed class UpstreamConnection : IConnectionEvents
{
    private readonly Http1ResponseParser _parser;
    private readonly Http1Limits _limits;
    private Http1BodyReader _body;
    private ReceiveBuffer _buffer;
    private CallbackTimer? _lifeTimer;

    public UpstreamConnection(EndpointPool pool, Connection connection, Http1Limits limits, bool isCounted)
    {
        Pool = pool;
        Connection = connection;
        IsCounted = isCounted;
        _limits = limits;
        _parser = new Http1ResponseParser(limits);
    }

    /// <summary>The pool that it belongs to.</summary>
    public EndpointPool Pool { get; }

    /// <summary>The bytes.</summary>
    public Connection Connection { get; }

    /// <summary>Whether it is counted against the cluster's connection limit.</summary>
    public bool IsCounted { get; }

    /// <summary>Requests that it has carried, the present one included.</summary>
    public int RequestCount { get; set; }

    /// <summary>When it was put into the pool, in the loop's milliseconds.</summary>
    public long IdleSinceMs { get; set; }

    /// <summary>From when on it takes no further request, in the loop's milliseconds.</summary>
    public long EndOfLifeMs { get; private set; } = long.MaxValue;

    /// <summary>Whether it waits in the pool.</summary>
    public bool IsIdle { get; set; }

    /// <summary>Whether any byte of the present answer has come.</summary>
    public bool HasReceived { get; private set; }

    /// <summary>Why the last receive failed.</summary>
    public IoError LastError { get; private set; }

    /// <summary>Whether nothing is left in the buffer: a byte after an answer makes the connection useless.</summary>
    public bool IsDrained => _buffer.Length == 0;

    /// <summary>Bytes received for the present request.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Lets it live so long and no longer (Envoy: <c>max_connection_duration</c>); 0 is no limit.</summary>
    public void LimitLife(long durationMs)
    {
        if (durationMs == 0)
        {
            _lifeTimer?.Stop();
            return;
        }

        EndOfLifeMs = Connection.Loop.NowMs + durationMs;
        _lifeTimer = new CallbackTimer(Connection.Loop.Timers, () => Pool.OnEndOfLife(this));
        _lifeTimer.Start(durationMs);
    }

    /// <summary>Makes it ready for a request.</summary>
    public void Begin()
    {
        _parser.Reset();
        RequestCount++;
        HasReceived = false;
        ReceivedBytes = 0;
        LastError = IoError.None;
    }

    /// <summary>Reads a response head, 1xx included; says nothing about whether the head makes sense for the request.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<UpstreamRead> ReadHeadAsync(KnownMethod requestMethod, ResponseHead head)
    {
        while (true)
        {
            if (_buffer.Length > 0)
            {
                ParseResult result = _parser.Parse(_buffer.Pending, requestMethod, head, out int consumed);
                _buffer.Consume(consumed);
                if (result == ParseResult.Complete)
                {
                    _parser.Reset();
                    return UpstreamRead.Ok;
                }

                if (result == ParseResult.Invalid)
                {
                    return UpstreamRead.ProtocolError;
                }
            }

            if (!await ReceiveAsync())
            {
                return UpstreamRead.Terminated;
            }
        }
    }

    /// <summary>Prepares for the body that the head announces.</summary>
    public void BeginBody(ResponseHead head) => _body.Start(head.Framing, head.ContentLength, _limits, trailers: null);

    /// <summary>
    /// The next piece of body that is already here, without waiting. <see cref="UpstreamRead.Ok"/> with no data means that
    /// nothing is here yet.
    /// </summary>
    public UpstreamRead TryReadBody(out ReadOnlyMemory<byte> data)
    {
        while (true)
        {
            BodyResult result = _body.Read(_buffer.Pending, out int consumed, out int offset, out int length);
            data = result == BodyResult.Data ? _buffer.Slice(offset, length) : default;
            _buffer.Consume(consumed);
            switch (result)
            {
                case BodyResult.Data:
                    return UpstreamRead.Ok;
                case BodyResult.Complete:
                    return UpstreamRead.End;
                case BodyResult.Invalid:
                    return UpstreamRead.ProtocolError;
                default:
                    if (consumed > 0 && _buffer.Length > 0)
                    {
                        continue;
                    }

                    return UpstreamRead.Ok;
            }
        }
    }

    /// <summary>Waits for more bytes of the body. An end of the connection is the end of the body where the framing says so.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<UpstreamRead> WaitForBodyAsync()
    {
        if (await ReceiveAsync())
        {
            return UpstreamRead.Ok;
        }

        return _body.IsUntilClose && LastError == IoError.None ? UpstreamRead.End : UpstreamRead.Terminated;
    }

    /// <summary>Gives the buffer back; before the connection rests in the pool, or when it is closed.</summary>
    public void ReleaseBuffer() => _buffer.Release(Connection.Loop.Buffers);

    /// <inheritdoc/>
    public void OnReadable() => Pool.OnIdleConnectionSpoke(this);

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset) => Pool.OnIdleConnectionSpoke(this);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync()
    {
        Memory<byte> room = _buffer.PrepareToReceive(Connection.Loop.Buffers, EndpointPool.ReceiveBufferBytes);
        IoResult result = await Connection.ReceiveAsync(room);
        if (result.IsError)
        {
            LastError = result.Error;
            return false;
        }

        if (result.IsEof)
        {
            return false;
        }

        HasReceived = true;
        ReceivedBytes += result.Bytes;
        _buffer.Commit(result.Bytes);
        return true;
    }
}
