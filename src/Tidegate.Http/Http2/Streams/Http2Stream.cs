using Tidegate.Http.Headers;

namespace Tidegate.Http.Http2.Streams;

/// <summary>
/// One request and its answer on a connection. The connection's core reads and writes it; whoever owns the core derives from it what else belongs to a stream, and uses it
/// again when the connection is done with it.
/// </summary>
public class Http2Stream
{
    private long _expectedBytes;
    private long _receivedBytes;

    /// <summary>Makes a stream.</summary>
    /// <param name="request">Where a server's core decodes the request.</param>
    /// <param name="response">Where a client's core decodes the answers.</param>
    /// <param name="trailers">Where the peer's trailers go.</param>
    public Http2Stream(RequestHead request, ResponseHead response, HeaderMap trailers)
    {
        Request = request;
        Response = response;
        PeerTrailers = trailers;
    }

    /// <summary>The request as received; a client's core does not touch it.</summary>
    public RequestHead Request { get; }

    /// <summary>The answer as received, interim ones one after the other; a server's core does not touch it.</summary>
    public ResponseHead Response { get; }

    /// <summary>The peer's trailers.</summary>
    public HeaderMap PeerTrailers { get; }

    /// <summary>Its number on the connection; 0 before it has one.</summary>
    public int Id { get; private set; }

    /// <summary>Where it is in its life.</summary>
    public StreamState State { get; private set; }

    /// <summary>Whether its begin was told (<c>Http2EventKind.Head</c> or <c>HeadTooLarge</c>): a fault before that concerns a request that nobody knows of.</summary>
    public bool IsAnnounced { get; internal set; }

    /// <summary>Whether we may still send on it.</summary>
    public bool CanSend => State is StreamState.Open or StreamState.HalfClosedRemote;

    /// <summary>Whether the peer may still send on it.</summary>
    public bool CanReceive => State is StreamState.Open or StreamState.HalfClosedLocal;

    /// <summary>Whether its own window is closed: what there is to send waits for its peer, and not for other streams or the connection.</summary>
    public bool IsWindowClosed => SendWindow.Available <= 0;

    /// <summary>When it began, on the clock of the connection's owner.</summary>
    internal long StartMs { get; private set; }

    /// <summary>Whether the final head has been received; what follows is a body and trailers.</summary>
    internal bool HasHead { get; set; }

    /// <summary>Whether the request is HEAD, so that no answer has a body.</summary>
    internal bool IsForHead { get; set; }

    /// <summary>Whether its owner has not yet said that it is done with it.</summary>
    internal bool IsHeld { get; set; }

    /// <summary>Bytes of the body that were given to the owner, and not credited yet.</summary>
    internal int UncreditedBytes { get; set; }

    /// <summary>What may be sent on it.</summary>
    internal SendWindow SendWindow;

    /// <summary>What may be received on it.</summary>
    internal ReceiveWindow ReceiveWindow;

    /// <summary>Its neighbours among the streams that wait to send (<see cref="SendQueue"/>).</summary>
    internal Http2Stream? NextWaiting { get; set; }

    /// <summary>See <see cref="NextWaiting"/>.</summary>
    internal Http2Stream? PreviousWaiting { get; set; }

    /// <summary>Whether it waits to send.</summary>
    internal bool IsWaiting { get; set; }

    /// <summary>Whether it has something to send and its own window is used up.</summary>
    internal bool IsBlocked { get; set; }

    /// <summary>What it may send before the others that wait, because it was its turn, in bytes.</summary>
    internal int Turn { get; set; }

    /// <summary>Begins a life.</summary>
    internal void Open(int id, int sendWindow, int receiveWindow, long nowMs)
    {
        Id = id;
        State = StreamState.Open;
        StartMs = nowMs;
        IsAnnounced = false;
        HasHead = false;
        IsForHead = false;
        UncreditedBytes = 0;
        SendWindow = new SendWindow(sendWindow);
        ReceiveWindow = new ReceiveWindow(receiveWindow);
        Turn = 0;
        IsBlocked = false;
        PeerTrailers.Clear();
        _expectedBytes = -1;
        _receivedBytes = 0;
    }

    /// <summary>The body will have so many bytes; -1 is not known.</summary>
    internal void Expect(long bytes) => _expectedBytes = bytes;

    /// <summary>Counts bytes of the body; false when there are more than expected.</summary>
    internal bool TryCount(int bytes)
    {
        _receivedBytes += bytes;
        return _expectedBytes < 0 || _receivedBytes <= _expectedBytes;
    }

    /// <summary>Whether as many bytes came as were expected.</summary>
    internal bool IsBodyWhole => _expectedBytes < 0 || _receivedBytes == _expectedBytes;

    /// <summary>We have ended our half.</summary>
    internal void EndSending() => State = State == StreamState.HalfClosedRemote ? StreamState.Closed : StreamState.HalfClosedLocal;

    /// <summary>The peer has ended its half.</summary>
    internal void EndReceiving() => State = State == StreamState.HalfClosedLocal ? StreamState.Closed : StreamState.HalfClosedRemote;

    /// <summary>It was reset.</summary>
    internal void Close() => State = StreamState.Closed;
}
