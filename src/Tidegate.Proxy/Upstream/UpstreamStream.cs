using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Wire;

namespace Tidegate.Proxy.Upstream;

/// <summary>
/// One request to an endpoint and its answer, on whatever protocol carries them: an HTTP/1.1 connection that is lent for one request, or a stream of an
/// HTTP/2 one. It comes from an <see cref="EndpointPool"/> and goes back by <see cref="Release"/>, whatever has become of it. Used by one worker.
/// A write that fails is not the end: the upstream may have answered before it closed, and reading tells. At most one read and one write wait
/// at a time; <see cref="Reset"/> ends both, after the call.
/// </summary>
internal abstract class UpstreamStream
{
    /// <summary>Our address on its connection.</summary>
    public abstract NetAddress LocalAddress { get; }

    /// <summary>Whether it leads to one of the gateway's own listeners.</summary>
    public abstract bool LeadsBack { get; }

    /// <summary>
    /// Whether the endpoint is known not to have looked at the request, so that it may be sent again whatever it is: it refused the stream, or
    /// announced its end before it (REFUSED_STREAM, GOAWAY: RFC 9113, section 8.7).
    /// </summary>
    public abstract bool IsRefused { get; }

    /// <summary>
    /// Whether a kept-alive connection ended just as we sent on it, without a byte of an answer: an idempotent request may be sent again
    /// (RFC 9112, section 9.3.1).
    /// </summary>
    public abstract bool IsStale { get; }

    /// <summary>Appends the request's head; it leaves with the first send.</summary>
    public abstract void AppendHead(RequestHead head);

    /// <summary>Appends or sends a piece of the request's body. False: it cannot be sent any more.</summary>
    public abstract ValueTask<bool> WriteBodyAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends what is appended. False: it cannot be sent any more.</summary>
    public abstract ValueTask<bool> FlushAsync();

    /// <summary>Ends the request, with trailers if there are any, and sends what is left of it. False: it cannot be sent any more.</summary>
    public abstract ValueTask<bool> EndAsync(HeaderMap? trailers);

    /// <summary>
    /// Reads the head of an answer, interim ones included; after a final one the body follows, whose trailers go into
    /// <paramref name="trailers"/>.
    /// </summary>
    public abstract ValueTask<UpstreamRead> ReadHeadAsync(RequestHead request, ResponseHead head, HeaderMap trailers);

    /// <summary>
    /// The next piece of the answer's body that is already here. <see cref="UpstreamRead.Ok"/> with no data means that nothing is here yet. A piece
    /// is valid until the next read, which also gives its credit back.
    /// </summary>
    public abstract UpstreamRead TryReadBody(out ReadOnlyMemory<byte> data);

    /// <summary>Waits for more of the answer's body.</summary>
    public abstract ValueTask<UpstreamRead> WaitForBodyAsync();

    /// <summary>From here on both ways carry bytes of another protocol until each side ends. After the head that agrees to it was read.</summary>
    public abstract void BecomeTunnel();

    /// <summary>Ends the stream here and now. What waits for it ends with failure, after the call.</summary>
    public abstract void Reset(StreamReset reason);

    /// <summary>
    /// The exchange is done with it, and does not touch it any more. Where request and answer are whole, what carried them serves again;
    /// otherwise the stream is reset and takes its connection with it where the protocol cannot do without.
    /// </summary>
    public abstract void Release();
}
