using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Exchanges.Forwarding;
using Tidegate.Proxy.Filters.Compression;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// One request's way through a chain of filters, and what filters can ask for. One per stream that ever had filters, reused; where
/// a route has none it is not touched.
/// </summary>
internal sealed class FilterRun
{
    private readonly DownstreamStream _stream;
    private readonly Forwarder _forwarder;
    private readonly LoopSignal _wake;
    private readonly CallbackTimer _timer;
    private HttpFilter[] _chain = [];
    private int[] _states = [];
    private byte[] _kept = [];
    private int _keptLength;
    private int _current;
    private int _codingIndex;
    private CodingVerdict _coding;
    private LocalReply? _abort;

    public FilterRun(DownstreamStream stream, Forwarder forwarder)
    {
        _stream = stream;
        _forwarder = forwarder;
        _wake = new LoopSignal(stream.Worker.Loop);
        _timer = new CallbackTimer(stream.Worker.Loop.Timers, _wake.Set);
    }

    /// <summary>The exchange.</summary>
    public HttpExchange Exchange => _stream.Exchange;

    /// <summary>The worker.</summary>
    public Worker Worker => _stream.Worker;

    /// <summary>The counters of the connection manager.</summary>
    public HttpConnectionManagerStats Stats => _stream.Connection.Listener.HttpStats;

    /// <summary>What stands for the client's connection.</summary>
    public object Connection => _stream.Connection;

    /// <summary>Whether the present filter is the compressor that <see cref="ChooseCoding"/> chose.</summary>
    public bool IsChosenCoding => _codingIndex == _current;

    /// <summary>Bytes of the answer's body before it was encoded.</summary>
    public long UncodedBytes => _stream.BodyEncoder?.TotalBytes ?? 0;

    /// <summary>What the present filter remembers of this exchange; 0 at its beginning.</summary>
    public int State
    {
        get => _states[_current];
        set => _states[_current] = value;
    }

    /// <summary>Bytes that a filter keeps for the answer; there is room for one value.</summary>
    public ReadOnlySpan<byte> Kept => _kept.AsSpan(0, _keptLength);

    /// <summary>Keeps bytes for the answer.</summary>
    public void Keep(ReadOnlySpan<byte> value)
    {
        if (value.Length > _kept.Length)
        {
            _kept = new byte[Math.Max(64, value.Length)];
        }

        value.CopyTo(_kept);
        _keptLength = value.Length;
    }

    /// <summary>The request's way in. A reply when a filter gives one.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<LocalReply?> RunRequestAsync(HttpFilter[] chain)
    {
        _chain = chain;
        _keptLength = 0;
        _coding = CodingVerdict.Open;
        _abort = null;
        if (_states.Length < chain.Length)
        {
            _states = new int[chain.Length];
        }

        _states.AsSpan().Clear();
        for (int i = 0; i < chain.Length; i++)
        {
            _current = i;
            LocalReply? reply = await chain[i].OnRequestAsync(this);
            reply = _abort ?? reply;
            if (reply is not null)
            {
                return reply;
            }
        }

        return null;
    }

    /// <summary>The answer's way out.</summary>
    public void RunResponse()
    {
        for (int i = _chain.Length - 1; i >= 0; i--)
        {
            _current = i;
            _chain[i].OnResponse(this);
        }
    }

    /// <summary>The exchange is over.</summary>
    public void End()
    {
        for (int i = 0; i < _chain.Length; i++)
        {
            _current = i;
            _chain[i].OnEnd(this);
        }

        _chain = [];
        if (_stream.BodyEncoder is { } encoder)
        {
            _stream.BodyEncoder = null;
            encoder.Dispose();
        }
    }

    /// <summary>Reads the request whole. Null when it is there; otherwise the reply to give.</summary>
    public ValueTask<LocalReply?> BufferRequestAsync(long maxBytes) => _forwarder.BufferRequestAsync(maxBytes);

    /// <summary>Tells the client to send its body (100).</summary>
    public ValueTask<bool> SendContinueAsync()
    {
        Exchange.Response.Reset();
        Exchange.Response.Status = 100;
        return _stream.SendInterimAsync(Exchange.Response);
    }

    /// <summary>Encodes the answer's body; one encoder at most.</summary>
    public void EncodeBody(BodyEncoder encoder) => _stream.BodyEncoder = encoder;

    /// <summary>Which compressor of the chain the client likes best; decided once.</summary>
    public CodingVerdict ChooseCoding()
    {
        if (_coding == CodingVerdict.Open)
        {
            _codingIndex = -1;
            _coding = CodingVerdict.NoHeader;
            if (Exchange.Request.Headers.TryGet(KnownHeader.AcceptEncoding, out ReadOnlySpan<byte> accept))
            {
                _codingIndex = AcceptedCoding.Choose(accept, _chain, out _coding);
            }
        }

        return _coding;
    }

    /// <summary>The exchange ends for <paramref name="reason"/>: whoever waits goes on, after this call, and the run ends with its filter.</summary>
    public void Abort(LocalReply reason)
    {
        _abort ??= reason;
        _timer.Stop();
        _wake.Set();
    }

    /// <summary>Waits; shorter when the client goes away meanwhile.</summary>
    public ValueTask DelayAsync(long delayMs)
    {
        if (delayMs <= 0 || _abort is not null)
        {
            return default;
        }

        _timer.Start(delayMs);
        return _wake.WaitAsync();
    }
}
