using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Net.Buffers;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Exchanges.Forwarding;

/// <summary>
/// What has been sent of a request's body, kept so that another attempt can send it again (Envoy: the router's retry buffer).
/// Past its limit it forgets everything, and the request can no longer be retried.
/// </summary>
internal sealed class ReplayBuffer
{
    private readonly List<(byte[] Buffer, int Length)> _pieces = [];
    private BufferPool? _pool;
    private int _limit;
    private long _kept;

    /// <summary>Whether all that was sent is here.</summary>
    public bool IsComplete { get; private set; } = true;

    /// <summary>How many pieces there are.</summary>
    public int Count => _pieces.Count;

    /// <summary>A piece, in the order in which they came.</summary>
    public ReadOnlyMemory<byte> this[int index] => _pieces[index].Buffer.AsMemory(0, _pieces[index].Length);

    /// <summary>Begins to keep at most <paramref name="limit"/> bytes; 0 keeps nothing.</summary>
    public void Begin(BufferPool pool, int limit)
    {
        _pool = pool;
        _limit = limit;
        _kept = 0;
        IsComplete = true;
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
        foreach ((byte[] buffer, _) in _pieces)
        {
            _pool!.Return(buffer);
        }

        _pieces.Clear();
    }
}
