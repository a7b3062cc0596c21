using Tidegate.Net;

namespace Tidegate.Proxy.Upstream.Http1;

/// <summary>
/// An HTTP/1.1 connection to an endpoint: one stream at a time. While it waits in the pool it holds no buffer, and whatever arrives then (an end, or
/// bytes that nobody asked for) makes it useless.
/// </summary>
internal sealed class Http1UpstreamConnection : UpstreamConnection, IConnectionEvents
{
    // This object, its stream and the parser.
    private const int MemoryBytes = 2 * 1024;

    private readonly Http1UpstreamStream _stream;

    public Http1UpstreamConnection(EndpointPool pool, Connection connection, Tidegate.Http.Http1.Http1Limits limits, bool isCounted)
        : base(pool, connection, isCounted)
    {
        connection.Loop.Memory.Charge(MemoryBytes);
        _stream = new Http1UpstreamStream(this, limits);
    }

    /// <inheritdoc/>
    public override bool HasPlace => ActiveStreams == 0;

    /// <inheritdoc/>
    public override UpstreamStream Open()
    {
        Connection.WhenReadable(null);
        RequestCount++;
        ActiveStreams++;
        _stream.Begin();
        return _stream;
    }

    /// <inheritdoc/>
    public override void Rest()
    {
        _stream.ReleaseBuffers();
        Connection.WhenReadable(this);
    }

    /// <inheritdoc/>
    public override void Close()
    {
        _stream.ReleaseBuffers();
        Connection.Close();
        Connection.Loop.Memory.Charge(-MemoryBytes);
    }

    /// <summary>The stream is over.</summary>
    /// <param name="isWhole">Whether request and answer are whole.</param>
    /// <param name="isEndedByPeer">Whether the endpoint has ended the connection.</param>
    /// <param name="isReusable">Whether the connection can carry another request.</param>
    public void EndStream(bool isWhole, bool isEndedByPeer, bool isReusable)
    {
        IsCut = !isWhole;
        IsEndedByPeer |= isEndedByPeer;
        ActiveStreams--;
        Pool.OnStreamEnded(this, isReusable);
    }

    /// <inheritdoc/>
    public void OnReadable() => OnEnd();

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset) => OnEnd();

    private void OnEnd()
    {
        IsEndedByPeer = true;
        Pool.OnConnectionLost(this);
    }
}
