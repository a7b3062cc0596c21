using Tidegate.Http.Http2;
using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Streams;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Wire;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Upstream.Http2;

/// <summary>
/// An HTTP/2 connection to an endpoint: as many streams as the endpoint takes at once. It hands what comes to its streams; the bytes are moved by an
/// <see cref="Http2Transport"/>. It takes no further stream once the endpoint has announced its end, or was silent to a PING.
/// </summary>
internal sealed class Http2UpstreamConnection : UpstreamConnection, IHttp2End
{
    // This object and the codec's state, tables and windows; buffers and streams apart.
    private const int MemoryBytes = 8 * 1024;

    private readonly Worker _worker;
    private readonly Http2KeepAlive? _keepAlive;
    private readonly CallbackTimer? _pingTimer;
    private readonly Http2Transport _transport;
    private readonly Stack<Http2UpstreamStream> _free = new();
    private readonly List<Http2Stream> _ending = [];
    private readonly List<Http2UpstreamStream> _awaitingSettings = [];
    private BufferedBytes _buffered;
    private long _chargedBytes;
    private bool _isLost;

    public Http2UpstreamConnection(EndpointPool pool, Connection connection, Worker worker, Http2Limits limits, Http2KeepAlive? keepAlive, bool isCounted)
        : base(pool, connection, isCounted)
    {
        _worker = worker;
        _keepAlive = keepAlive;
        Codec = new Http2Connection(Http2Role.Client, limits, worker.Http2Scratch, worker.ArrayPool, counters: pool.Http2Counters);
        _transport = new Http2Transport(this, connection, Codec, headsPerTurn: int.MaxValue, looksForEnd: true);
        Charge(MemoryBytes);
        if (keepAlive is not null)
        {
            _pingTimer = new CallbackTimer(connection.Loop.Timers, OnPingTimer);
            _pingTimer.Start(keepAlive.IntervalMs);
        }

        _transport.Start(default);
    }

    /// <summary>The connection as the codec knows it.</summary>
    public Http2Connection Codec { get; }

    /// <inheritdoc/>
    public override bool HasPlace => !_isLost && ActiveStreams < Codec.MaxStreamCount && Codec.CanOpenStream;

    /// <summary>Whether it has ended; nothing can be sent any more.</summary>
    public bool IsLost => _isLost;

    /// <inheritdoc/>
    public bool IsServing => !_isLost;

    /// <inheritdoc/>
    public override UpstreamStream Open()
    {
        RequestCount++;
        ActiveStreams++;
        Http2UpstreamStream stream = _free.Count > 0 ? _free.Pop() : Make();
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
        _pingTimer?.Stop();
        _transport.Close();
        Charge(-_chargedBytes);
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
    public void Flush() => _transport.Flush();

    /// <summary>Whether the endpoint's first SETTINGS are here, which say what it takes.</summary>
    public bool HasSettings { get; private set; }

    /// <summary>Tells a stream when they are, by <see cref="Http2UpstreamStream.OnWritable"/>.</summary>
    public void TellOfSettings(Http2UpstreamStream stream) => _awaitingSettings.Add(stream);

    /// <inheritdoc/>
    public void OnWritable(Http2Stream stream) => Http2UpstreamStream.Of(stream).OnWritable();

    /// <inheritdoc/>
    public void OnReceived(int count) => Pool.Stats.UpstreamCxRxBytesTotal += count;

    /// <inheritdoc/>
    public void OnBuffered(int bytes) => _buffered.Note(ref Pool.Stats.UpstreamCxRxBytesBuffered, bytes);

    /// <inheritdoc/>
    public void OnSendWaits(int bytes) => Pool.Stats.UpstreamCxTxBytesBuffered += bytes;

    /// <inheritdoc/>
    public void OnSendGoesOn(int bytes) => Pool.Stats.UpstreamCxTxBytesBuffered -= bytes;

    /// <inheritdoc/>
    public void OnSent(int count) => Pool.Stats.UpstreamCxTxBytesTotal += count;

    /// <inheritdoc/>
    public void OnEnded(bool isByPeer)
    {
        IsEndedByPeer = isByPeer;
        Lose(UpstreamRead.Terminated);
    }

    /// <inheritdoc/>
    public void OnFault(Exception exception)
    {
        _worker.ReportUnhandled(exception, "reading an HTTP/2 connection to an endpoint");
        Connection.Abort();
        Lose(UpstreamRead.Terminated);
    }

    /// <inheritdoc/>
    public void OnEvent(in Http2Event next, ReadOnlySpan<byte> data)
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
                _transport.Send(); // GOAWAY, as far as the socket takes it
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
        foreach (Http2UpstreamStream stream in _awaitingSettings)
        {
            stream.Fail(how);
        }

        _awaitingSettings.Clear();
        _transport.Close();
        Pool.OnConnectionLost(this);
    }

    private Http2UpstreamStream Make()
    {
        Charge(Http2UpstreamStream.MemoryBytes);
        return new Http2UpstreamStream(this);
    }

    private void Charge(long bytes)
    {
        _worker.Memory.Charge(bytes);
        _chargedBytes += bytes;
    }

    // Envoy: connection_keepalive. A PING that is not answered in time says that nobody is there.
    private void OnPingTimer()
    {
        if (Codec.IsPingUnanswered)
        {
            Codec.Counters.KeepaliveTimeout++;
            Lose(UpstreamRead.Terminated);
            return;
        }

        Codec.SendPing("tidegate"u8);
        Flush();
        _pingTimer!.Start(_keepAlive!.TimeoutMs);
    }
}
