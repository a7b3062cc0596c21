namespace Tidegate.Http;

/// <summary>The version of HTTP that a message was received with (RFC 9110 section 2.5).</summary>
public enum HttpVersion : byte
{
    /// <summary>HTTP/1.0 (RFC 1945).</summary>
    Http10,

    /// <summary>HTTP/1.1 (RFC 9112).</summary>
    Http11,

    /// <summary>HTTP/2 (RFC 9113).</summary>
    Http2,
}
