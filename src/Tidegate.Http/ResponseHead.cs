using Tidegate.Http.Headers;

namespace Tidegate.Http;

/// <summary>
/// What a status line and its fields mean, whatever the HTTP version. Reused from response to response. Invariant: the fields hold nothing
/// that could end a line on the wire, so the head can be written as it is.
/// </summary>
public sealed class ResponseHead
{
    /// <summary>The version the response came with; what is sent downstream does not depend on it.</summary>
    public HttpVersion Version { get; set; } = HttpVersion.Http11;

    /// <summary>The status code, 100 to 999 (RFC 9110 section 15); 0 when not set. The reason phrase of a peer is never kept.</summary>
    public int Status { get; set; }

    /// <summary>All fields. Content-Length and Transfer-Encoding stay readable, but what is sent is <see cref="Framing"/>.</summary>
    public HeaderMap Headers { get; } = new();

    /// <summary>What follows the head on the connection: <see cref="MessageFraming.None"/> for HEAD, 1xx, 204 and 304, whatever the fields say.</summary>
    public MessageFraming Framing { get; set; }

    /// <summary>
    /// What Content-Length says, in bytes, or -1. It may be there with <see cref="MessageFraming.None"/>: HEAD and 304 tell the length that GET would have.
    /// </summary>
    public long ContentLength { get; set; } = -1;

    /// <summary>
    /// As parsed: whether the peer lets the connection live on. As written: false sends <c>connection: close</c>; so set it before forwarding.
    /// </summary>
    public bool KeepAlive { get; set; } = true;

    /// <summary>Whether it answers a HEAD request, so that no body follows and no length has to be told.</summary>
    public bool IsForHead { get; set; }

    /// <summary>Whether there is an Upgrade field that the Connection field names, as in a 101. When true the writer sends both.</summary>
    public bool HasUpgrade { get; set; }

    /// <summary>
    /// Whether what follows is a tunnel: 101 to an upgrade, 2xx to CONNECT (RFC 9110, sections 7.8 and 9.3.6). Nothing of the head says how long it is.
    /// </summary>
    public bool IsTunnel { get; set; }

    /// <summary>Whether the status is 1xx: another response to the same request follows, unless it is 101.</summary>
    public bool IsInterim => Status is >= 100 and < 200;

    /// <summary>Makes it empty again, keeping the memory.</summary>
    public void Reset()
    {
        Version = HttpVersion.Http11;
        Status = 0;
        Headers.Clear();
        Framing = MessageFraming.None;
        ContentLength = -1;
        KeepAlive = true;
        IsForHead = false;
        HasUpgrade = false;
        IsTunnel = false;
    }

    /// <summary>Makes the other head the same as this one.</summary>
    public void CopyTo(ResponseHead other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other))
        {
            return;
        }

        other.Version = Version;
        other.Status = Status;
        Headers.CopyTo(other.Headers);
        other.Framing = Framing;
        other.ContentLength = ContentLength;
        other.KeepAlive = KeepAlive;
        other.IsForHead = IsForHead;
        other.HasUpgrade = HasUpgrade;
        other.IsTunnel = IsTunnel;
    }
}
