namespace Tidegate.Http.Http1;

/// <summary>Why a message was refused, one member per reason, for counters and tests.</summary>
public enum Http1ErrorCode : byte
{
    /// <summary>No error.</summary>
    None,

    /// <summary>More than one empty line before the request line (RFC 9112 2.2 lets a server skip one).</summary>
    EmptyLineBeforeRequest,

    /// <summary>The request line is not three words with single spaces between (RFC 9112 3).</summary>
    InvalidRequestLine,

    /// <summary>The method is not a token.</summary>
    InvalidMethod,

    /// <summary>The method is longer than a request line may be (RFC 9112 3).</summary>
    MethodTooLong,

    /// <summary>The target is in none of the four forms, or not in the one that the method asks for (RFC 9112 3.2).</summary>
    InvalidTarget,

    /// <summary>There is no version: HTTP/0.9.</summary>
    MissingVersion,

    /// <summary>The version is not written as <c>HTTP/</c>, digit, dot, digit.</summary>
    InvalidVersion,

    /// <summary>The version is neither 1.0 nor 1.1 (RFC 9110 15.6.6).</summary>
    UnsupportedVersion,

    /// <summary>The client speaks HTTP/2 with prior knowledge (<c>PRI * HTTP/2.0</c>, RFC 9113 3.4); all bytes are still unconsumed.</summary>
    Http2Preface,

    /// <summary>HTTP/1.0 is not served here.</summary>
    LowVersion,

    /// <summary>The request line is over its limit.</summary>
    RequestLineTooLong,

    /// <summary>A CR that no LF follows.</summary>
    BareCarriageReturn,

    /// <summary>An LF that no CR precedes.</summary>
    BareLineFeed,

    /// <summary>A control character in a start line.</summary>
    ControlCharacter,

    /// <summary>A field line that starts with white space (RFC 9112 5.2).</summary>
    ObsoleteFolding,

    /// <summary>A field name that is empty or no token, or a line without a colon.</summary>
    InvalidFieldName,

    /// <summary>White space between field name and colon (RFC 9112 5.1).</summary>
    WhiteSpaceBeforeColon,

    /// <summary>A control character in a field value (RFC 9110 5.5).</summary>
    InvalidFieldValue,

    /// <summary>An underscore in a field name, when that is refused.</summary>
    UnderscoreInFieldName,

    /// <summary>The head is over its limit of bytes.</summary>
    HeadersTooLarge,

    /// <summary>The head is over its limit of field lines.</summary>
    TooManyHeaders,

    /// <summary>There is no Host field (RFC 9112 3.2).</summary>
    MissingHost,

    /// <summary>There is more than one Host field.</summary>
    DuplicateHost,

    /// <summary>The Host field is not a host with an optional port.</summary>
    InvalidHost,

    /// <summary>Content-Length is not digits without a leading zero: empty, signed, padded, a list.</summary>
    InvalidContentLength,

    /// <summary>Content-Length is 2^63 or more.</summary>
    ContentLengthOverflow,

    /// <summary>There is more than one Content-Length field, equal or not.</summary>
    DuplicateContentLength,

    /// <summary>There are both Content-Length and Transfer-Encoding (RFC 9112 6.3).</summary>
    ContentLengthAndTransferEncoding,

    /// <summary>The last transfer coding is not chunked, or chunked is there twice (RFC 9112 6.3).</summary>
    InvalidTransferEncoding,

    /// <summary>A transfer coding other than chunked is applied before it (RFC 9112 6.1).</summary>
    UnsupportedTransferEncoding,

    /// <summary>Transfer-Encoding in an HTTP/1.0 message (RFC 9112 6.1).</summary>
    TransferEncodingInHttp10,

    /// <summary>CONNECT with a body announced.</summary>
    ConnectWithBody,

    /// <summary>The status line of an upstream is not version, three digits, reason (RFC 9112 4).</summary>
    InvalidStatusLine,

    /// <summary>Content-Length in a 1xx or 204 (RFC 9110 8.6).</summary>
    ContentLengthNotAllowed,

    /// <summary>Transfer-Encoding in a 1xx or 204 (RFC 9112 6.1).</summary>
    TransferEncodingNotAllowed,

    /// <summary>A chunk size that is not hexadecimal digits.</summary>
    InvalidChunkSize,

    /// <summary>A chunk size of 2^63 or more.</summary>
    ChunkSizeOverflow,

    /// <summary>A line with chunk size and extensions over its limit.</summary>
    ChunkLineTooLong,

    /// <summary>A control character in a chunk extension, or text after the size that is none.</summary>
    InvalidChunkExtension,

    /// <summary>The chunk extensions of the message are over their limit.</summary>
    ChunkExtensionsTooLong,

    /// <summary>No CRLF behind the data of a chunk.</summary>
    MissingChunkEnd,

    /// <summary>The trailer section is over its limit of bytes.</summary>
    TrailersTooLarge,

    /// <summary>The trailer section is over its limit of field lines.</summary>
    TooManyTrailers,
}
