using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Net.Buffers;

namespace Tidegate.Proxy.Tcp;

/// <summary>
/// One direction of a TCP session: takes what one connection has and sends it on the other, the next piece when the last one
/// has been taken, so that a slow receiver slows the sender. Between bytes it holds no buffer and runs nothing, but for TLS, whose end
/// only a receive finds: that waits, with a small buffer.
/// </summary>
internal sealed class TcpPump(TcpSession session, Connection from, Connection to, bool isUpstream) : IConnectionEvents
{
    // What the next receive gets. A stream that fills its buffer keeps a large one, from one wake to the next; one whose messages are small
    // does not ask the pool for what it does not need.
    private int _bufferLength = BufferPool.MediumLength;

    /// <summary>Whether it carries what the client sends.</summary>
    public bool IsUpstream { get; } = isUpstream;

    /// <summary>Bytes passed on.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether the sender has ended its side, and the receiver has been told.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Begins.</summary>
    public void Start() => from.WhenReadable(this);

    /// <inheritdoc/>
    public void OnReadable() => session.Worker.Run(PumpAsync());

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset)
    {
        // The session watches for that.
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask PumpAsync()
    {
        if (session.Worker.Memory.IsExhausted)
        {
            session.Shed();
            return;
        }

        BufferPool pool = from.Loop.Buffers;
        byte[] buffer = pool.Rent(_bufferLength);
        try
        {
            while (true)
            {
                IoResult received = await from.ReceiveAsync(buffer);
                if (received.IsError)
                {
                    session.OnReceiveFailed(this, received.Error);
                    return;
                }

                if (received.IsEof)
                {
                    IsFinished = true;
                    to.ShutdownSend();
                    session.OnFinished();
                    return;
                }

                session.OnReceived(this, received.Bytes);
                ValueTask<IoResult> send = to.SendAsync(buffer.AsMemory(0, received.Bytes));
                bool isPaused = !send.IsCompleted;
                if (isPaused)
                {
                    session.OnPaused(this, received.Bytes);
                }

                IoResult sent = await send;
                if (isPaused)
                {
                    session.OnResumed(this, received.Bytes);
                }

                if (sent.IsError)
                {
                    session.OnSendFailed(this, sent.Error);
                    return;
                }

                Bytes += received.Bytes;
                session.OnSent(this, received.Bytes);
                bool isDrained = received.Bytes < buffer.Length;
                bool isLarge = !isDrained || received.Bytes >= BufferPool.MediumLength;
                _bufferLength = isLarge && !session.Worker.Memory.IsScarce ? BufferPool.LargeLength : BufferPool.MediumLength;
                if (isDrained && !from.MayHoldEnd)
                {
                    break; // that was all, for now
                }

                int wanted = isDrained ? BufferPool.SmallLength : _bufferLength;
                if (buffer.Length != wanted)
                {
                    pool.Return(buffer);
                    buffer = pool.Rent(wanted);
                }
            }
        }
        catch (Exception exception)
        {
            // A bug: it costs this connection and nothing else (edge.md, L05).
            session.Worker.ReportUnhandled(exception, "passing bytes on");
            session.Abort();
        }
        finally
        {
            pool.Return(buffer);
        }

        if (from.IsOpen)
        {
            from.WhenReadable(this);
        }
    }
}
