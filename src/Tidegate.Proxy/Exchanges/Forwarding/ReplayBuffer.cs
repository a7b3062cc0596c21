using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Overload;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// What has been sent of a request's body, kept so that another attempt can send it again (Envoy: the router's retry buffer).
/// Past its limit, or when memory is scarce, it forgets everything, and the request can no longer be retried.
/// </summary>
internal sealed class ReplayBuffer : SpareMemory.Holder
{
    private readonly List<(byte[] Buffer, int Length)> _pieces = [];
    private BufferPool? _pool;
    private WorkerMemory? _memory;
    private int _limit;
    private long _kept;
    private bool _isNeeded;
    private bool _isListed;

    /// <summary>Whether all that was sent is here.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>Whether it is not, because there was no memory for it.</summary>
    public bool IsOutOfMemory { get; private set; }

    /// <summary>How many bytes there are.</summary>
    public long Length => IsComplete ? _kept : 0;

    /// <summary>How many pieces there are.</summary>
    public int Count => _pieces.Count;

    /// <summary>A piece, in the order in which they came.</summary>
    public ReadOnlyMemory<byte> this[int index] => _pieces[index].Buffer.AsMemory(0, _pieces[index].Length);

    /// <summary>Begins to keep a body.</summary>
    /// <param name="worker">Whose memory it takes.</param>
    /// <param name="limit">How many bytes at most; 0 keeps nothing.</param>
    /// <param name="isNeeded">Whether the request cannot go on without. False: nothing is kept as soon as memory is scarce.</param>
    public void Begin(Worker worker, int limit, bool isNeeded = false)
    {
        _pool = worker.Loop.Buffers;
        _memory = worker.Memory;
        _limit = limit;
        _isNeeded = isNeeded || limit == 0;
        _kept = 0;
        IsComplete = true;
        IsOutOfMemory = false;
    }

    /// <summary>From now on so many bytes are kept at most; what is here stays until more comes.</summary>
    public void Limit(int limit) => _limit = limit;

    /// <summary>Another attempt, or a copy, goes on with it: from now on the request cannot do without.</summary>
    public void Pin() => _isNeeded = true;

    /// <inheritdoc/>
    public override bool MayGiveUp => !_isNeeded;

    /// <inheritdoc/>
    public override void GiveUp()
    {
        IsOutOfMemory = true;
        IsComplete = false;
        Clear();
    }

    /// <summary>Keeps a copy.</summary>
    public void Add(ReadOnlySpan<byte> data)
    {
        if (!IsComplete)
        {
            return;
        }

        _kept += data.Length;
        if (_kept > _limit)
        {
            IsComplete = false;
            Clear();
            return;
        }

        while (data.Length > 0)
        {
            (byte[] buffer, int length) = _pieces.Count > 0 ? _pieces[^1] : (Array.Empty<byte>(), 0);
            if (length == buffer.Length)
            {
                if (_isNeeded ? _memory!.RefusesRequests : _memory!.IsScarce)
                {
                    GiveUp();
                    return;
                }

                if (!_isListed && !_isNeeded)
                {
                    _isListed = true;
                    Enter(_memory.Spare);
                }

                _pieces.Add((_pool!.Rent(16 * 1024), 0));
                continue;
            }

            int count = Math.Min(data.Length, buffer.Length - length);
            data[..count].CopyTo(buffer.AsSpan(length));
            _pieces[^1] = (buffer, length + count);
            data = data[count..];
        }
    }

    /// <summary>Sends a whole request: a head, what is here as its body, and the body's end.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="head">The head.</param>
    /// <param name="trailers">Fields behind the body; null for none.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask SendAsync(UpstreamStream stream, RequestHead head, HeaderMap? trailers)
    {
        stream.AppendHead(head);
        for (int i = 0; i < _pieces.Count; i++)
        {
            if (!await stream.WriteBodyAsync(this[i]))
            {
                return;
            }
        }

        await stream.EndAsync(trailers);
    }

    /// <summary>Gives everything back.</summary>
    public void Clear()
    {
        if (_isListed)
        {
            _isListed = false;
            Leave(_memory!.Spare);
        }

        foreach ((byte[] buffer, _) in _pieces)
        {
            _pool!.Return(buffer);
        }

        _pieces.Clear();
    }
}
