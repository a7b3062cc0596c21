using Tidegate.Http.Http2;

namespace Tidegate.Proxy.Clusters;

/// <summary>How endpoints are spoken to in HTTP/2 (Envoy: <c>Http2ProtocolOptions</c> of a cluster).</summary>
/// <param name="Limits">What an endpoint may send, and how many requests it gets at once on a connection.</param>
/// <param name="KeepAlive">How a dead connection is found; null when it is not looked for.</param>
public sealed record UpstreamHttp2(Http2Limits Limits, Http2KeepAlive? KeepAlive)
{
    /// <summary>Requests at once on a connection where the cluster says nothing (Envoy: 1024).</summary>
    public const int DefaultConcurrentStreams = 1024;

    /// <summary>What counts where a cluster says nothing.</summary>
    public static UpstreamHttp2 Default { get; } = new(new Http2Limits { MaxConcurrentStreams = DefaultConcurrentStreams }, null);
}

/// <summary>PINGs on a connection (Envoy: <c>connection_keepalive</c>).</summary>
/// <param name="IntervalMs">From the answer to one to the next, in milliseconds.</param>
/// <param name="TimeoutMs">How long one may stay unanswered, in milliseconds.</param>
public sealed record Http2KeepAlive(long IntervalMs, long TimeoutMs);
