using Tidegate.Net;

namespace Tidegate.Proxy.Upstream.Raw;

/// <summary>A connection to an endpoint that carries the bytes of one stream as they are, and nothing else after it.</summary>
internal sealed class RawUpstreamConnection : UpstreamConnection, IConnectionEvents
{
    private readonly RawUpstreamStream _stream;

    public RawUpstreamConnection(EndpointPool pool, Connection connection, bool isCounted)
        : base(pool, connection, isCounted) => _stream = new RawUpstreamStream(this);

    /// <inheritdoc/>
    public override bool HasPlace => RequestCount == 0;

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
    public override void Rest() => Connection.WhenReadable(this);

    /// <inheritdoc/>
    public override void Close() => Connection.Close();

    /// <summary>The stream is over.</summary>
    public void EndStream()
    {
        ActiveStreams--;
        Pool.OnStreamEnded(this, isReusable: false);
    }

    /// <inheritdoc/>
    public void OnReadable() => Pool.OnConnectionLost(this);

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset) => Pool.OnConnectionLost(this);
}
