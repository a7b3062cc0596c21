using System.Runtime.CompilerServices;
using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Streams;
using Tidegate.Net;

namespace Tidegate.Proxy.Wire;

/// <summary>
/// Sends the pieces of a body on a stream of HTTP/2 as far as the windows, the room in the output and the other streams' turns allow, and waits with the rest of one for more. One
/// piece at a time; belongs to the object of the stream, and is used again with it.
/// </summary>
internal sealed class Http2BodyWriter(EventLoop loop, IHttp2BodySource source)
{
    private readonly LoopSignal _writable = new(loop);

    /// <summary>Whether a piece waits.</summary>
    public bool IsWaiting { get; private set; }

    /// <summary>It may send again, or nothing more goes out: who waits looks.</summary>
    public void Wake() => _writable.Set();

    /// <summary>What wakes it, for those who wait for something else before they send.</summary>
    public ValueTask WaitAsync() => _writable.WaitAsync();

    /// <summary>Sends a piece. False: nothing more goes out. The piece stays where it is until this has ended.</summary>
    public ValueTask<bool> WriteAsync(Http2Connection connection, Http2Stream stream, ReadOnlyMemory<byte> data)
    {
        if (source.IsSendingOver)
        {
            return new ValueTask<bool>(false);
        }

        int sent = connection.SendData(stream, data.Span, isEnd: false);
        return sent == data.Length ? new ValueTask<bool>(true) : WriteRestAsync(connection, stream, data[sent..]);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> WriteRestAsync(Http2Connection connection, Http2Stream stream, ReadOnlyMemory<byte> rest)
    {
        IsWaiting = true;
        while (!rest.IsEmpty && !source.IsSendingOver)
        {
            source.Flush();
            source.OnSendingWaits();
            if (source.IsSendingOver)
            {
                break;
            }

            int waiting = rest.Length;
            connection.Counters.PendingSendBytes += waiting;
            await _writable.WaitAsync();
            connection.Counters.PendingSendBytes -= waiting;
            if (!source.IsSendingOver)
            {
                rest = rest[connection.SendData(stream, rest.Span, isEnd: false)..];
                source.OnSendingGoesOn();
            }
        }

        IsWaiting = false;
        source.OnSendingDone();
        return !source.IsSendingOver;
    }
}
