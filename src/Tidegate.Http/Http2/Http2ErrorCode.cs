namespace Tidegate.Http.Http2;

/// <summary>Error codes of RST_STREAM and GOAWAY (RFC 9113 section 7). A peer may send others; they mean the same as <see cref="InternalError"/>.</summary>
public enum Http2ErrorCode : uint
{
    /// <summary>Not an error.</summary>
    NoError = 0,

    /// <summary>The peer broke a rule that has no code of its own.</summary>
    ProtocolError = 1,

    /// <summary>Something went wrong on this side.</summary>
    InternalError = 2,

    /// <summary>The peer sent more than its window allowed, or opened a window too far.</summary>
    FlowControlError = 3,

    /// <summary>SETTINGS were not acknowledged in time.</summary>
    SettingsTimeout = 4,

    /// <summary>A frame for a stream whose sender had ended it.</summary>
    StreamClosed = 5,

    /// <summary>A frame of a size that it can't have.</summary>
    FrameSizeError = 6,

    /// <summary>The request was not looked at; it can be sent again without harm.</summary>
    RefusedStream = 7,

    /// <summary>The stream is no longer needed.</summary>
    Cancel = 8,

    /// <summary>The state of field compression is lost.</summary>
    CompressionError = 9,

    /// <summary>The connection behind a CONNECT was reset or closed.</summary>
    ConnectError = 10,

    /// <summary>The peer causes too much work.</summary>
    EnhanceYourCalm = 11,

    /// <summary>The TLS below is not good enough.</summary>
    InadequateSecurity = 12,

    /// <summary>Only HTTP/1.1 will do.</summary>
    Http11Required = 13,
}
