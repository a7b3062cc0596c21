namespace Tidegate.Net;

/// <summary>
/// A stream of bytes to a peer, owned by one loop and used on its thread only. One receive and one send may be under way at
/// the same time, not two of a kind.
/// </summary>
public abstract class Connection(EventLoop loop)
{
    /// <summary>The loop that owns it.</summary>
    public EventLoop Loop { get; } = loop;

    /// <summary>Our address; no address for a Unix domain socket.</summary>
    public abstract NetAddress LocalAddress { get; }

    /// <summary>The peer's address; no address for a Unix domain socket.</summary>
    public abstract NetAddress RemoteAddress { get; }

    /// <summary>Whether <see cref="Close"/> or <see cref="Abort"/> has not been called.</summary>
    public abstract bool IsOpen { get; }

    /// <summary>Whether the peer is known to have closed its side; what it sent before may still be to be received.</summary>
    public abstract bool HasPeerClosed { get; }

    /// <summary>
    /// Whether the end may have come without <see cref="WhenReadable"/> telling, so that who has to know of it receives: the end of TLS
    /// is a record, which may have arrived together with the last bytes, and nothing follows it while the peer still listens.
    /// </summary>
    public virtual bool MayHoldEnd => false;

    /// <summary>Bytes received so far.</summary>
    public long BytesReceived { get; protected set; }

    /// <summary>Bytes sent so far, as far as the system has taken them.</summary>
    public long BytesSent { get; protected set; }

    /// <summary>
    /// Bytes that have reached the peer, as it has acknowledged them; with TLS those of the records. A system call: for who has waited long and
    /// wants to know whether the peer takes anything at all, which the system's large buffers hide.
    /// </summary>
    public abstract long BytesTaken { get; }

    /// <summary>
    /// Receives what is there, and waits when nothing is. 0 bytes: the peer sends no more. After an error every further receive
    /// fails with that error (what had arrived before it is received first), so that a stream which was cut never looks as if it
    /// had ended. A connection that always has more waits for the others from time to time.
    /// </summary>
    public abstract ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer);

    /// <summary>
    /// Waits until there is something to receive, an end or an error included, and takes nothing: 0 bytes then. Who waits so needs no buffer meanwhile. A layer that does not know ends at
    /// once. It counts as a receive: <see cref="CancelReceive"/> and <see cref="Close"/> end it with an error.
    /// </summary>
    public virtual ValueTask<IoResult> WaitToReceiveAsync() => new(IoResult.Of(0));

    /// <summary>
    /// Copies the front of what has arrived without taking it, and never waits: <see cref="IoError.WouldBlock"/> when nothing is
    /// there, 0 bytes at the end. From then on <see cref="WhenReadable"/> waits for more than was seen (or for the end), until <see
    /// cref="EndPeek"/>. For a connection of the system only; others throw.
    /// </summary>
    /// <exception cref="NotSupportedException">This connection is a layer over another.</exception>
    public virtual IoResult Peek(Span<byte> buffer) => throw new NotSupportedException("Only a connection of the system can be peeked at.");

    /// <summary>What was peeked at counts as unread again: receives and <see cref="WhenReadable"/> find it.</summary>
    public virtual void EndPeek()
    {
    }

    /// <summary>Ends a receive that waits with <see cref="IoError.Aborted"/>, after this call; without effect when none does.</summary>
    public abstract void CancelReceive();

    /// <summary>Sends all of it, or fails. The memory is the connection's until then.</summary>
    public abstract ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends all of both, one behind the other, or fails.</summary>
    public abstract ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second);

    /// <summary>
    /// Calls <see cref="IConnectionEvents.OnReadable"/> once when there is something to receive, an end or an error included;
    /// null takes that back. Costs no buffer and no system call. Never calls inside this call.
    /// </summary>
    public abstract void WhenReadable(IConnectionEvents? events);

    /// <summary>
    /// Watches the peer while the owner is busy elsewhere, until it is replaced or null takes it back: calls <see
    /// cref="IConnectionEvents.OnPeerClosed"/> when the peer has ended its side (what it sent before may be unread), and again when
    /// the connection is reset. Also when that has happened before this call, but never inside it.
    /// </summary>
    public abstract void WhenPeerCloses(IConnectionEvents? events);

    /// <summary>Says that we send no more, after a send that waits; receiving goes on.</summary>
    public abstract void ShutdownSend();

    /// <summary>
    /// Closes it. What waits ends with <see cref="IoError.Aborted"/>, after this call. With received bytes unread the system sends
    /// a reset, which may destroy what the peer has not read yet: who cares ends the sending side and drains first.
    /// </summary>
    public abstract void Close();

    /// <summary>Closes it with a reset instead of an orderly end.</summary>
    public abstract void Abort();
}

/// <summary>Who wants to know what happens to a connection on which nothing waits. Called on the loop.</summary>
public interface IConnectionEvents
{
    /// <summary>There is something to receive.</summary>
    void OnReadable();

    /// <summary>The peer has closed its side, or, with <paramref name="reset"/>, the whole connection.</summary>
    void OnPeerClosed(bool reset);
}
