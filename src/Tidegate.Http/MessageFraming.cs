namespace Tidegate.Http;

/// <summary>How the end of a message's body is found (RFC 9112 section 6.3).</summary>
public enum MessageFraming : byte
{
    /// <summary>No body follows the head.</summary>
    None,

    /// <summary>As many bytes as Content-Length says follow.</summary>
    ContentLength,

    /// <summary>Chunks follow (<c>transfer-encoding: chunked</c>).</summary>
    Chunked,

    /// <summary>Everything up to the end of the connection; responses only.</summary>
    UntilClose,
}
