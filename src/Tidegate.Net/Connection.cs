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

    /// <summary>Receives what is there, and waits when nothing is. 0 bytes: the peer sends no more.</summary>
    public abstract ValueTask<IoResult> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Ends a receive that waits with <see cref="IoError.Aborted"/>; without effect when none does.</summary>
    public abstract void CancelReceive();

    /// <summary>Sends all of it, or fails.</summary>
    public abstract ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends all of both, one behind the other, or fails.</summary>
    public abstract ValueTask<IoResult> SendAsync(ReadOnlyMemory<byte> first, ReadOnlyMemory<byte> second);

    /// <summary>
    /// Calls <see cref="IConnectionEvents.OnReadable"/> once when there is something to receive, an end or an error included;
    /// null takes that back. Costs no buffer and no system call. Never calls inside this call.
    /// </summary>
    public abstract void WhenReadable(IConnectionEvents? events);

    /// <summary>
    /// Calls <see cref="IConnectionEvents.OnPeerClosed"/> when the peer ends the connection while no receive waits; null takes
    /// that back.
    /// </summary>
    public abstract void WhenPeerCloses(IConnectionEvents? events);

    /// <summary>Says that we send no more; receiving goes on.</summary>
    public abstract void ShutdownSend();

    /// <summary>Closes it. What waits ends with <see cref="IoError.Aborted"/>, inside this call.</summary>
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
