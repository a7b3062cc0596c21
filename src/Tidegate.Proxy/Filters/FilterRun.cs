using System.Buffers;
using System.Runtime.CompilerServices;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Filters.Compression;
using Tidegate.Proxy.Filters.RateLimits;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// One request's way through a chain of filters, and what filters can ask for. One per stream that ever had filters, reused; where
/// a route has none it is not touched.
/// </summary>
internal sealed class FilterRun
{
    private readonly IFilteredExchange _host;
    private readonly LoopSignal _wake;
    private readonly CallbackTimer _timer;
    private HttpFilter[] _chain = [];
    private int[] _places = [];
    private int _count;
    private int _furthest;
    private PlacedFilter[]? _next;
    private int[] _states = [];
    private IFilterState?[] _typedStates = [];
    private CancellationTokenSource? _cancellation;
    private byte[] _kept = [];
    private int _keptLength;
    private long _encoderBytes;
    private int _current;
    private int _codingIndex;
    private CodingVerdict _coding;
    private LocalReply? _abort;

    /// <param name="host">The exchange whose requests it runs.</param>
    public FilterRun(IFilteredExchange host)
    {
        _host = host;
        Exchange = host.Exchange;
        Worker = host.Worker;
        _wake = new LoopSignal(Worker.Loop);
        _timer = new CallbackTimer(Worker.Loop.Timers, _wake.Set);
    }

    /// <summary>The exchange.</summary>
    public HttpExchange Exchange { get; }

    /// <summary>The worker.</summary>
    public Worker Worker { get; }

    /// <summary>The counters of the connection manager.</summary>
    public HttpConnectionManagerStats Stats => _host.Stats;

    /// <summary>The scope of those: what a filter adds beside it goes with it.</summary>
    public StatScope StatScope => _host.StatScope;

    /// <summary>What stands for the client's connection.</summary>
    public object Connection => _host.Connection;

    /// <summary>Whether the route leads to a cluster.</summary>
    public bool IsForwarded => _host.IsForwarded;

    /// <summary>The cluster that it goes to; null when it goes to none.</summary>
    public WorkerCluster? Cluster => _host.Cluster;

    /// <summary>What the request is to rate limits by where it goes.</summary>
    public RouteDescriptors RouteDescriptors => _host.RouteDescriptors;

    /// <summary>Whether the present filter is the compressor that <see cref="ChooseCoding"/> chose.</summary>
    public bool IsChosenCoding => _codingIndex == _current;

    /// <summary>Bytes of the answer's body before it was encoded.</summary>
    public long UncodedBytes => _host.BodyEncoder?.TotalBytes ?? 0;

    /// <summary>What the present filter remembers of this exchange; 0 at its beginning.</summary>
    public int State
    {
        get => _states[_current];
        set => _states[_current] = value;
    }

    /// <summary>Ends when the exchange does, for whatever reason: for waits that are not the exchange's own.</summary>
    public CancellationToken Cancellation
    {
        get
        {
            _cancellation ??= new CancellationTokenSource();
            if (_abort is not null)
            {
                _cancellation.Cancel();
            }

            return _cancellation.Token;
        }
    }

    /// <summary>What filters of all requests share.</summary>
    public FilterServices Services => _host.Services;

    /// <summary>Whether a filter of the chain sees the request's body.</summary>
    public bool SeesRequestData { get; private set; }

    /// <summary>Whether a filter of the chain sees the answer's body.</summary>
    public bool SeesResponseData { get; private set; }

    /// <summary>
    /// What the present filter remembers of this exchange, in a type of its own: new at the exchange's first call, and used again for later ones once it was
    /// reset at the end.
    /// </summary>
    public T StateOf<T>()
        where T : class, IFilterState, new()
    {
        if (_typedStates[_current] is T known)
        {
            return known;
        }

        var made = new T();
        _typedStates[_current] = made;
        return made;
    }

    /// <summary>
    /// Has the route chosen again, by the request as it is now. The filters behind the present one are those of the new route; of those that came before it,
    /// the ones that keep requests out and that the new route has otherwise run once more, as it has them. So no request goes by a route without having passed
    /// what that route asks for.
    /// </summary>
    public void ChooseRouteAgain() => _next = _host.ChooseRouteAgain();

    /// <summary>What the present filter, as another route has it, remembers of this exchange; null where it has not seen it so.</summary>
    public T? EarlierStateOf<T>()
        where T : class, IFilterState
    {
        for (int i = _current - 1; i >= 0; i--)
        {
            if (_places[i] == _places[_current])
            {
                return _typedStates[i] as T;
            }
        }

        return null;
    }

    /// <summary>Ends the exchange with this reply, or cuts the answer where that has begun: for filters behind the head.</summary>
    public void Refuse(LocalReply reply) => _host.Refuse(reply);

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
    /// <param name="first">Filters in front of all others, whatever the route.</param>
    /// <param name="chain">Those of the route.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<LocalReply?> RunRequestAsync(IReadOnlyList<HttpFilter> first, PlacedFilter[] chain)
    {
        _keptLength = 0;
        _coding = CodingVerdict.Open;
        _abort = null;
        Begin(first, chain);
        for (_current = 0; _current < _count; _current++)
        {
            _furthest = Math.Max(_furthest, _places[_current]);
            LocalReply? reply;
            try
            {
                reply = await _chain[_current].OnRequestAsync(this);
            }
            catch (OperationCanceledException) when (_abort is not null)
            {
                return _abort; // what it waited for ended with the exchange
            }

            reply = _abort ?? reply;
            if (reply is not null)
            {
                return reply;
            }

            if (_next is not null)
            {
                ContinueAs(_next);
            }
        }

        return null;
    }

    /// <summary>The answer's way out.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask RunResponseAsync()
    {
        for (int i = _count - 1; i >= 0; i--)
        {
            _current = i;
            try
            {
                await _chain[i].OnResponseAsync(this);
            }
            catch (OperationCanceledException) when (_abort is not null)
            {
                return;
            }
        }
    }

    /// <summary>A piece of the request's body through the chain. Gives what goes on.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> RunRequestDataAsync(ReadOnlyMemory<byte> data)
    {
        for (int i = 0; i < _count && !data.IsEmpty; i++)
        {
            if (_chain[i].SeesRequestData)
            {
                _current = i;
                data = await _chain[i].OnRequestDataAsync(this, data);
            }
        }

        return data;
    }

    /// <summary>The end of the request's body through the chain: what a filter still has goes through those behind it. Gives what goes on.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> RunRequestEndAsync()
    {
        ReadOnlyMemory<byte> rest = default;
        for (int i = 0; i < _count; i++)
        {
            if (_chain[i].SeesRequestData)
            {
                _current = i;
                ReadOnlyMemory<byte> before = rest.IsEmpty ? rest : await _chain[i].OnRequestDataAsync(this, rest);
                rest = Join(before, await _chain[i].OnRequestEndAsync(this));
            }
        }

        return rest;
    }

    /// <summary>A piece of the answer's body through the chain, the other way. Gives what goes on.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> RunResponseDataAsync(ReadOnlyMemory<byte> data)
    {
        for (int i = _count - 1; i >= 0 && !data.IsEmpty; i--)
        {
            if (_chain[i].SeesResponseData)
            {
                _current = i;
                data = await _chain[i].OnResponseDataAsync(this, data);
            }
        }

        return data;
    }

    /// <summary>The end of the answer's body through the chain. Gives what goes on.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> RunResponseEndAsync()
    {
        ReadOnlyMemory<byte> rest = default;
        for (int i = _count - 1; i >= 0; i--)
        {
            if (_chain[i].SeesResponseData)
            {
                _current = i;
                ReadOnlyMemory<byte> before = rest.IsEmpty ? rest : await _chain[i].OnResponseDataAsync(this, rest);
                rest = Join(before, await _chain[i].OnResponseEndAsync(this));
            }
        }

        return rest;
    }

    /// <summary>The exchange is over.</summary>
    public void End()
    {
        for (int i = 0; i < _count; i++)
        {
            _current = i;
            try
            {
                _chain[i].OnEnd(this);
            }
            catch (Exception exception)
            {
                Worker.ReportUnhandled(exception, "ending a filter"); // a bug: the others end all the same
            }

            _typedStates[i]?.Reset();
        }

        if (_cancellation is { } cancellation)
        {
            _cancellation = null;
            cancellation.Cancel();
            cancellation.Dispose();
        }

        _chain.AsSpan(0, _count).Clear();
        _count = 0;
        if (_host.BodyEncoder is { } encoder)
        {
            _host.BodyEncoder = null;
            Worker.Memory.Charge(-_encoderBytes);
            encoder.Dispose();
        }
    }

    /// <summary>Whether the request was read to its end.</summary>
    public bool IsRequestRead => _host.IsRequestRead;

    /// <summary>Reads the request whole, or with <paramref name="takesPart"/> so many bytes of it. Null when that is there; otherwise the reply to give.</summary>
    public ValueTask<LocalReply?> BufferRequestAsync(long maxBytes, bool takesPart) => _host.BufferRequestAsync(maxBytes, takesPart);

    /// <summary>
    /// Takes the body off the answer whose head is there, an upstream's or our own, so that the filter can make something else of it: at most so many bytes, and nobody else gets
    /// any. What an upstream has cut is taken as far as it came. Valid as long as the exchange.
    /// </summary>
    public ValueTask<ReadOnlyMemory<byte>> TakeAnswerAsync(int maxBytes) => _host.TakeAnswerAsync(maxBytes);

    /// <summary>Copies the body that <see cref="BufferRequestAsync"/> has read.</summary>
    public void CopyBufferedRequest(IBufferWriter<byte> destination) => _host.CopyBufferedRequest(destination);

    /// <summary>Tells the client to send its body (100).</summary>
    public ValueTask<bool> SendContinueAsync()
    {
        Exchange.Response.Reset();
        Exchange.Response.Status = 100;
        return _host.SendInterimAsync(Exchange.Response);
    }

    /// <summary>Encodes the answer's body; one encoder at most.</summary>
    /// <param name="encoder">The encoder.</param>
    /// <param name="memoryBytes">What it takes of memory.</param>
    public void EncodeBody(BodyEncoder encoder, long memoryBytes)
    {
        _host.BodyEncoder = encoder;
        _encoderBytes = memoryBytes;
        Worker.Memory.Charge(memoryBytes);
    }

    /// <summary>Which compressor of the chain the client likes best; decided once.</summary>
    public CodingVerdict ChooseCoding()
    {
        if (_coding == CodingVerdict.Open)
        {
            _codingIndex = -1;
            _coding = CodingVerdict.NoHeader;
            if (Exchange.Request.Headers.TryGet(KnownHeader.AcceptEncoding, out ReadOnlySpan<byte> accept))
            {
                _codingIndex = AcceptedCoding.Choose(accept, _chain.AsSpan(0, _count), out _coding);
            }
        }

        return _coding;
    }

    /// <summary>The exchange ends for <paramref name="reason"/>: whoever waits goes on, after this call, and the run ends with its filter.</summary>
    public void Abort(LocalReply reason)
    {
        _abort ??= reason;
        _cancellation?.Cancel();
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

    private void Begin(IReadOnlyList<HttpFilter> first, PlacedFilter[] chain)
    {
        _next = null;
        _count = 0;
        _furthest = -1;
        SeesRequestData = false;
        SeesResponseData = false;
        Reserve(first.Count + chain.Length);
        for (int i = 0; i < first.Count; i++)
        {
            Add(first[i], -1);
        }

        foreach (PlacedFilter placed in chain)
        {
            Add(placed.Filter, placed.Place);
        }
    }

    // What has run stays, for the answer's way out; what has not is the new route's.
    private void ContinueAs(PlacedFilter[] chain)
    {
        _next = null;
        int ran = _current + 1;
        _coding = _codingIndex < ran ? _coding : CodingVerdict.Open;
        _chain.AsSpan(ran, _count - ran).Clear();
        _count = ran;
        Reserve(ran + chain.Length);
        foreach (PlacedFilter placed in chain)
        {
            if (placed.Place > _furthest || (placed.IsGuard && !_chain.AsSpan(0, ran).Contains(placed.Filter)))
            {
                Add(placed.Filter, placed.Place);
            }
        }
    }

    private void Add(HttpFilter filter, int place)
    {
        _chain[_count] = filter;
        _states[_count] = 0;
        _places[_count++] = place;
        SeesRequestData |= filter.SeesRequestData;
        SeesResponseData |= filter.SeesResponseData;
    }

    private void Reserve(int count)
    {
        if (_chain.Length < count)
        {
            Array.Resize(ref _chain, count);
            Array.Resize(ref _places, count);
            Array.Resize(ref _states, count);
            Array.Resize(ref _typedStates, count);
        }
    }

    private static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second)
    {
        if (first.IsEmpty || second.IsEmpty)
        {
            return first.IsEmpty ? second : first;
        }

        byte[] both = new byte[first.Length + second.Length];
        first.CopyTo(both);
        second.CopyTo(both.AsMemory(first.Length));
        return both;
    }
}
