namespace Tidegate.Http.Http2;

/// <summary>What becomes of faults: error codes and names.</summary>
public static class Http2Faults
{
    /// <summary>The code of the RST_STREAM or GOAWAY that answers it.</summary>
    public static Http2ErrorCode CodeOf(Http2Fault fault) => fault switch
    {
        Http2Fault.None => Http2ErrorCode.NoError,
        Http2Fault.FrameSize => Http2ErrorCode.FrameSizeError,
        Http2Fault.FlowControl => Http2ErrorCode.FlowControlError,
        Http2Fault.StreamClosed => Http2ErrorCode.StreamClosed,
        Http2Fault.Compression => Http2ErrorCode.CompressionError,
        Http2Fault.TooManyStreams => Http2ErrorCode.RefusedStream,
        Http2Fault.SettingsTimeout => Http2ErrorCode.SettingsTimeout,
        Http2Fault.TooManyHeaders
            or Http2Fault.HeadersTooLarge
            or Http2Fault.EmptyFrameFlood
            or Http2Fault.PriorityFlood
            or Http2Fault.WindowUpdateFlood
            or Http2Fault.ControlFrameFlood
            or Http2Fault.ContinuationFlood
            or Http2Fault.RapidReset
            or Http2Fault.StreamErrorFlood
            or Http2Fault.IgnoredFrameFlood => Http2ErrorCode.EnhanceYourCalm,
        _ => Http2ErrorCode.ProtocolError,
    };

    /// <summary>Envoy's response code detail where it has one, for the access log; otherwise a name of the same kind.</summary>
    public static string DetailOf(Http2Fault fault) => fault switch
    {
        Http2Fault.InvalidHeaderField => "http2.invalid.header.field",
        Http2Fault.MessagingViolation
            or Http2Fault.ContentLengthMismatch => "http2.violation.of.messaging.rule",
        Http2Fault.UnderscoreInFieldName => "http2.unexpected_underscore",
        Http2Fault.TooManyHeaders => "http2.too_many_headers",
        Http2Fault.HeadersTooLarge => "http2.header_list_size_too_large",
        Http2Fault.FrameSize
            or Http2Fault.Compression
            or Http2Fault.ProtocolViolation => "codec_error:The_user_callback_function_failed", // what nghttp2 tells Envoy of these
        Http2Fault.FlowControl => "http2.flow_control_error",
        Http2Fault.StreamClosed => "http2.stream_closed",
        Http2Fault.TooManyStreams => "http2.too_many_streams",
        Http2Fault.SettingsTimeout => "http2.settings_timeout",
        Http2Fault.EmptyFrameFlood => "http2.inbound_empty_frames_flood",
        Http2Fault.PriorityFlood => "http2.inbound_priority_frames_flood",
        Http2Fault.WindowUpdateFlood => "http2.inbound_window_update_frames_flood",
        Http2Fault.ControlFrameFlood => "http2.outbound_control_frames_flood",
        Http2Fault.ContinuationFlood => "http2.inbound_continuation_frames_flood",
        Http2Fault.RapidReset => "http2.too_many_premature_resets",
        Http2Fault.StreamErrorFlood => "http2.too_many_stream_errors",
        Http2Fault.IgnoredFrameFlood => "http2.inbound_ignored_frames_flood",
        _ => "",
    };

    /// <summary>Whether the request was whole and can be answered with 431 (RFC 6585 section 5).</summary>
    public static bool IsTooLarge(Http2Fault fault) => fault is Http2Fault.TooManyHeaders or Http2Fault.HeadersTooLarge;
}
