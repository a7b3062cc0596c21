namespace Tidegate.Proxy.Upstream;

/// <summary>How reading from an upstream ended.</summary>
internal enum UpstreamRead : byte
{
    /// <summary>A head was parsed, or a piece of body is there.</summary>
    Ok,

    /// <summary>The answer is whole; its trailers are where <see cref="UpstreamStream.ReadHeadAsync"/> was told to put them.</summary>
    End,

    /// <summary>The upstream closed or reset the connection too early, or we did.</summary>
    Terminated,

    /// <summary>The upstream has closed the connection of a tunnel in order: all that it sent is here.</summary>
    Closed,

    /// <summary>The upstream has reset the stream (HTTP/2).</summary>
    Reset,

    /// <summary>What came is not HTTP as it should be (Envoy: protocol error).</summary>
    ProtocolError,

    /// <summary>The request's head, or its trailers, are larger than the upstream has said that it takes: the request is not sent.</summary>
    HeadRefused,

    /// <summary>The upstream has said that it takes no upgrades: the request is not sent.</summary>
    TunnelRefused,

    /// <summary>There is no memory for more of it: what there is of it is given up.</summary>
    OutOfMemory,
}
