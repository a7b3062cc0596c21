namespace Tidegate.Http.Http2.Streams;

/// <summary>The streams of a connection that are not closed, and what has become of those that are.</summary>
internal sealed class StreamTable
{
    private readonly Dictionary<int, Http2Stream> _open = [];
    private readonly ClosedStreams _closed = new();

    /// <summary>The highest number of a stream that the peer has begun.</summary>
    public int LastPeerId { get; private set; }

    /// <summary>The highest number of a stream that we have begun.</summary>
    public int LastLocalId { get; private set; }

    /// <summary>How many streams are not closed.</summary>
    public int Count => _open.Count;

    /// <summary>How many streams of the peer are open or still held by their owner: also work that a reset did not end at once counts (CVE-2025-8671).</summary>
    public int HeldCount { get; private set; }

    /// <summary>The streams that are not closed.</summary>
    public Dictionary<int, Http2Stream>.ValueCollection All => _open.Values;

    /// <summary>The stream of that number, unless it is idle or closed.</summary>
    public Http2Stream? Find(int id) => _open.GetValueOrDefault(id);

    /// <summary>How a stream that is not there has ended.</summary>
    public StreamEnd EndOf(int id) => _closed.Find(id);

    /// <summary>The peer has begun a stream; those with lower numbers that it has not begun are closed by that (RFC 9113 section 5.1.1).</summary>
    public void AddPeers(Http2Stream stream)
    {
        LastPeerId = stream.Id;
        stream.IsHeld = true;
        HeldCount++;
        _open.Add(stream.Id, stream);
    }

    /// <summary>We have begun a stream.</summary>
    public void AddOurs(Http2Stream stream)
    {
        LastLocalId = stream.Id;
        stream.IsHeld = true;
        HeldCount++;
        _open.Add(stream.Id, stream);
    }

    /// <summary>The peer has begun a stream that is closed at once.</summary>
    public void AddRefused(int id)
    {
        LastPeerId = id;
        _closed.Add(id, StreamEnd.Reset);
    }

    /// <summary>A stream is closed. False: it was before.</summary>
    public bool Remove(Http2Stream stream, StreamEnd end)
    {
        bool wasOpen = _open.Remove(stream.Id);
        if (wasOpen)
        {
            _closed.Add(stream.Id, end);
        }

        return wasOpen;
    }

    /// <summary>All streams are closed.</summary>
    public void Clear() => _open.Clear();

    /// <summary>Its owner is done with a stream.</summary>
    public void Release(Http2Stream stream)
    {
        if (stream.IsHeld)
        {
            stream.IsHeld = false;
            HeldCount--;
        }
    }
}
