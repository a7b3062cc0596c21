namespace Tidegate.Http.Http2;

/// <summary>What a peer did wrong, as the access log and the counters tell it; <see cref="Http2Faults"/> says what becomes of it.</summary>
public enum Http2Fault : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A field, or a pseudo-header field, that may not be there or has a value that it can't have (RFC 9113 sections 8.2 and 8.3).</summary>
    InvalidHeaderField,

    /// <summary>A message that lacks something, or whose parts don't fit together (RFC 9113 section 8.1).</summary>
    MessagingViolation,

    /// <summary>An underscore in a field name, when that is refused.</summary>
    UnderscoreInFieldName,

    /// <summary>More or less DATA than content-length said (RFC 9113 section 8.1.1).</summary>
    ContentLengthMismatch,

    /// <summary>A field list with too many fields, each cookie crumb and pseudo-header field counted.</summary>
    TooManyHeaders,

    /// <summary>A field list that is too large when decoded.</summary>
    HeadersTooLarge,

    /// <summary>A frame where it may not be, or with content that it can't have.</summary>
    ProtocolViolation,

    /// <summary>A frame that is too long, or of a length that its type can't have (RFC 9113 section 4.2).</summary>
    FrameSize,

    /// <summary>More than a window allows, or a window opened above 2^31-1 (RFC 9113 section 6.9).</summary>
    FlowControl,

    /// <summary>A frame on a stream whose sender has ended it (RFC 9113 section 5.1).</summary>
    StreamClosed,

    /// <summary>A field block that can't be decoded (RFC 9113 section 4.3).</summary>
    Compression,

    /// <summary>More streams at once than SETTINGS allow (RFC 9113 section 5.1.2).</summary>
    TooManyStreams,

    /// <summary>SETTINGS that were not acknowledged in time (RFC 9113 section 6.5.3).</summary>
    SettingsTimeout,

    /// <summary>Frames without content in a row (CVE-2019-9518).</summary>
    EmptyFrameFlood,

    /// <summary>PRIORITY frames without streams that they could be for (CVE-2019-9513).</summary>
    PriorityFlood,

    /// <summary>WINDOW_UPDATE frames without DATA that they could be for (CVE-2019-9511).</summary>
    WindowUpdateFlood,

    /// <summary>PING and SETTINGS frames, all of which want an answer (CVE-2019-9512, CVE-2019-9515).</summary>
    ControlFrameFlood,

    /// <summary>A field block that does not end (CVE-2024-27919).</summary>
    ContinuationFlood,

    /// <summary>Requests that the client resets as soon as it has made them (CVE-2023-44487).</summary>
    RapidReset,

    /// <summary>Streams that we have to reset, because of errors or because there are too many (CVE-2025-8671).</summary>
    StreamErrorFlood,

    /// <summary>Frames that are ignored, in great number.</summary>
    IgnoredFrameFlood,
}
