using System.Buffers;
using System.Runtime.CompilerServices;
using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Streams;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Upstream.Http2;

/// <summary>
/// An HTTP/2 connection to an endpoint: as many streams as the endpoint takes at once. It reads when there is something to read, hands what comes to its streams,
/// and sends at the end of the loop's turn all that they have. It takes no further stream once the endpoint has announced its end, or was silent to a PING.
/// </summary>
internal sealed class Http2UpstreamConnection : UpstreamConnection, IConnectionEvents
{
    private const int ReceiveBytes = 16 * 1024;

    private static readonly Action<object?> SendNow = static connection => ((Http2UpstreamConnection)connection!).Send();

    private readonly Worker _worker;
    private readonly Http2KeepAlive? _keepAlive;
    private readonly CallbackTimer? _pingTimer;
    private readonly LoopSignal _hasRoom;
    private readonly Stack<Http2UpstreamStream> _free = new();
    private readonly List<Http2Stream> _ending = [];
    private readonly List<Http2UpstreamStream> _awaitingSettings = [];
    private ReceiveBuffer _received;
    private bool _isReading;
    private bool _isSending;
    private bool _isSendPosted;
    private bool _isLost;
    private bool _isClosed;
    private bool _isCodecReleased;

    public Http2UpstreamConnection(EndpointPool pool, Connection connection, Worker worker, Http2Limits limits, Http2KeepAlive? keepAlive, bool isCounted)
        : base(pool, connection, isCounted)
    {
        _worker = worker;
        _keepAlive = keepAlive;
        _hasRoom = new LoopSignal(connection.Loop);
        Codec = new Http2Connection(Http2Role.Client, limits, worker.Http2Scratch, ArrayPool<byte>.Shared);
        if (keepAlive is not null)
        {
            _pingTimer = new CallbackTimer(connection.Loop.Timers, OnPingTimer);
            _pingTimer.Start(keepAlive.IntervalMs);
        }

        connection.WhenReadable(this);
    }

    /// <summary>The connection as the codec knows it.</summary>
    public Http2Connection Codec { get; }

    /// <inheritdoc/>
    public override bool HasPlace => !_isLost && ActiveStreams < Codec.MaxStreamCount && Codec.CanOpenStream;

    /// <summary>Whether it has ended; nothing can be sent any more.</summary>
    public bool IsLost => _isLost;

    /// <inheritdoc/>
    public override UpstreamStream Open()
    {
        RequestCount++;
        ActiveStreams++;
        Http2UpstreamStream stream = _free.Count > 0 ? _free.Pop() : new Http2UpstreamStream(this);
        stream.Begin();
        return stream;
    }

    /// <inheritdoc/>
    public override void Rest()
    {
        // It holds no buffer between reads.
    }

    /// <inheritdoc/>
    public override void Close()
    {
        _isLost = true;
        _isClosed = true;
        _pingTimer?.Stop();
        Connection.Close();
        _hasRoom.Set();
        if (!_isSending)
        {
            ReleaseCodec();
        }

        if (!_isReading)
        {
            _received.Release(Connection.Loop.Buffers);
        }
    }

    /// <summary>A stream is over for its exchange.</summary>
    public void EndStream(Http2UpstreamStream stream)
    {
        ActiveStreams--;
        if (!_isLost)
        {
            Flush();
        }

        Pool.OnStreamEnded(this, isReusable: !_isLost);
    }

    /// <summary>Takes a stream back that nothing is under way on any more.</summary>
    public void Recycle(Http2UpstreamStream stream) => _free.Push(stream);

    /// <summary>Has all that waits sent at the end of this turn of the loop, together with what still comes until then.</summary>
    public void Flush()
    {
        if (!_isSendPosted && !_isSending && !_isLost && Codec.HasOutput)
        {
            _isSendPosted = true;
            Connection.Loop.Post(SendNow, this);
        }
    }

    /// <summary>Whether the endpoint's first SETTINGS are here, which say what it takes.</summary>
    public bool HasSettings { get; private set; }

    /// <summary>Tells a stream when they are, by <see cref="Http2UpstreamStream.OnWritable"/>.</summary>
    public void TellOfSettings(Http2UpstreamStream stream) => _awaitingSettings.Add(stream);

    /// <inheritdoc/>
    public void OnReadable()
    {
        if (!_isReading && !_isLost)
        {
            _isReading = true;
            _worker.Run(ReadAsync());
        }
    }

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset)
    {
        // Reading tells: it always waits for something to read.
    }

    // Takes what is there, does all of it, and then waits without a buffer.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask ReadAsync()
    {
        try
        {
            bool mayHaveMore = true;
            while (mayHaveMore && !_isLost)
            {
                Memory<byte> room = _received.PrepareToReceive(Connection.Loop.Buffers, ReceiveBytes);
                IoResult result = await Connection.ReceiveAsync(room);
                if (_isLost)
                {
                    break;
                }

                if (result.IsError || result.IsEof)
                {
                    IsEndedByPeer = true;
                    Lose(UpstreamRead.Terminated);
                    break;
                }

                Pool.Stats.UpstreamCxRxBytesTotal += result.Bytes;
                _received.Commit(result.Bytes);
                mayHaveMore = result.Bytes == room.Length || Connection.MayHoldEnd;
                Process();
                Flush();
                while (Codec.IsOutputFull && !_isLost)
                {
                    await _hasRoom.WaitAsync(); // who does not take what is sent is not read from
                }
            }
        }
        catch (Exception exception)
        {
            // A bug: it costs this connection and nothing else (edge.md, L05).
            _worker.ReportUnhandled(exception, "reading an HTTP/2 connection to an endpoint");
            Connection.Abort();
            Lose(UpstreamRead.Terminated);
        }

        _isReading = false;
        if (_isLost || _received.Length == 0)
        {
            _received.Release(Connection.Loop.Buffers);
        }

        if (!_isLost)
        {
            Connection.WhenReadable(this);
        }
    }

    private void Process()
    {
        Codec.NowMs = Connection.Loop.NowMs;
        Http2EventKind kind;
        do
        {
            Http2Event next = Codec.Next(_received.Pending, out int consumed);
            kind = next.Kind;
            ReadOnlyMemory<byte> data = kind == Http2EventKind.Data ? _received.Slice(next.Offset, next.Length) : default;
            _received.Consume(consumed);
            Handle(next, data.Span);
        }
        while (kind is not (Http2EventKind.NeedMore or Http2EventKind.Failed) && !_isLost);

        WakeWriters();
    }

    private void Handle(in Http2Event next, ReadOnlySpan<byte> data)
    {
        Http2UpstreamStream? stream = next.Stream is null ? null : Http2UpstreamStream.Of(next.Stream);
        switch (next.Kind)
        {
            case Http2EventKind.Head:
                stream!.OnHead(next.IsEnd);
                break;
            case Http2EventKind.Interim:
                stream!.OnInterim();
                break;
            case Http2EventKind.Data:
                stream!.OnData(data, next.IsEnd);
                break;
            case Http2EventKind.Trailers:
                stream!.OnData(default, isEnd: true);
                break;
            case Http2EventKind.Reset:
                stream!.OnPeerReset(next.Code);
                break;
            case Http2EventKind.HeadTooLarge:
            case Http2EventKind.StreamFailed:
                stream!.Fail(UpstreamRead.ProtocolError);
                if (next.Fault is Http2Fault.InvalidHeaderField or Http2Fault.MessagingViolation)
                {
                    Pool.OnConnectionLost(this); // whose answers are malformed is not asked again
                }

                break;
            case Http2EventKind.Settings:
                OnSettings();
                break;
            case Http2EventKind.GoAway:
                OnGoAway(next.LastStreamId);
                break;
            case Http2EventKind.Pong:
                _pingTimer?.Start(_keepAlive!.IntervalMs);
                break;
            case Http2EventKind.Failed:
                Pool.Stats.UpstreamCxProtocolError++;
                Send(); // GOAWAY, as far as the socket takes it
                Lose(UpstreamRead.ProtocolError);
                break;
        }
    }

    private void OnSettings()
    {
        HasSettings = true;
        foreach (Http2UpstreamStream stream in _awaitingSettings)
        {
            stream.OnWritable();
        }

        _awaitingSettings.Clear();
        Pool.Offer(this);
    }

    // RFC 9113, section 6.8: what is above the last stream was not looked at; the rest goes on.
    private void OnGoAway(int lastStreamId)
    {
        Pool.Stats.UpstreamCxCloseNotify++;
        Codec.CopyStreams(_ending);
        foreach (Http2Stream codec in _ending)
        {
            if (codec.Id > lastStreamId)
            {
                Http2UpstreamStream.Of(codec).Refuse();
            }
        }

        _ending.Clear();
        Pool.OnConnectionLost(this);
    }

    private void Lose(UpstreamRead how)
    {
        if (_isLost)
        {
            return;
        }

        _isLost = true;
        IsCut = ActiveStreams > 0;
        _pingTimer?.Stop();
        Codec.CopyStreams(_ending);
        foreach (Http2Stream codec in _ending)
        {
            Http2UpstreamStream.Of(codec).Fail(how);
        }

        _ending.Clear();
        _hasRoom.Set();
        Connection.Close();
        Pool.OnConnectionLost(this);
    }

    private void WakeWriters()
    {
        while (Codec.TakeWritable() is { } stream)
        {
            Http2UpstreamStream.Of(stream).OnWritable();
        }
    }

    private void Send()
    {
        _isSendPosted = false;
        if (!_isSending && !_isLost && Codec.HasOutput)
        {
            _isSending = true;
            _worker.Run(SendAsync());
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask SendAsync()
    {
        while (Codec.HasOutput && !_isLost)
        {
            IoResult result = await Connection.SendAsync(Codec.BeginSend());
            Codec.EndSend();
            Pool.Stats.UpstreamCxTxBytesTotal += result.Bytes;
            if (result.IsError)
            {
                break; // reading tells how it ended
            }

            WakeWriters();
        }

        _isSending = false;
        _hasRoom.Set();
        if (_isClosed)
        {
            ReleaseCodec();
        }
    }

    private void ReleaseCodec()
    {
        if (!_isCodecReleased)
        {
            _isCodecReleased = true;
            Codec.Release();
        }
    }

    // Envoy: connection_keepalive. A PING that is not answered in time says that nobody is there.
    private void OnPingTimer()
    {
        if (Codec.IsPingUnanswered)
        {
            Lose(UpstreamRead.Terminated);
            return;
        }

        Codec.SendPing("tidegate"u8);
        Flush();
        _pingTimer!.Start(_keepAlive!.TimeoutMs);
    }
}
