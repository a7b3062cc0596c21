namespace Tidegate.Http.Http2.Streams;

/// <summary>
/// The streams that have something to send and may not, because the connection's window is used up, too much waits to be sent, or it is another stream's turn. First come, first served: each
/// that sends its turn goes to the end, so that all get the same.
/// </summary>
internal sealed class SendQueue
{
    private Http2Stream? _first;
    private Http2Stream? _last;

    /// <summary>Whether no stream waits.</summary>
    public bool IsEmpty => _first is null;

    /// <summary>Puts a stream at the end, unless it waits already.</summary>
    public void Add(Http2Stream stream)
    {
        if (stream.IsWaiting)
        {
            return;
        }

        stream.IsWaiting = true;
        stream.PreviousWaiting = _last;
        if (_last is null)
        {
            _first = stream;
        }
        else
        {
            _last.NextWaiting = stream;
        }

        _last = stream;
    }

    /// <summary>Takes the first stream.</summary>
    public Http2Stream? Take()
    {
        Http2Stream? first = _first;
        if (first is not null)
        {
            Remove(first);
        }

        return first;
    }

    /// <summary>Takes a stream out, wherever it is; nothing happens when it does not wait.</summary>
    public void Remove(Http2Stream stream)
    {
        if (!stream.IsWaiting)
        {
            return;
        }

        if (stream.PreviousWaiting is null)
        {
            _first = stream.NextWaiting;
        }
        else
        {
            stream.PreviousWaiting.NextWaiting = stream.NextWaiting;
        }

        if (stream.NextWaiting is null)
        {
            _last = stream.PreviousWaiting;
        }
        else
        {
            stream.NextWaiting.PreviousWaiting = stream.PreviousWaiting;
        }

        stream.NextWaiting = null;
        stream.PreviousWaiting = null;
        stream.IsWaiting = false;
    }
}
