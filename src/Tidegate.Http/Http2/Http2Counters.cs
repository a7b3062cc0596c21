using System.Diagnostics.CodeAnalysis;

namespace Tidegate.Http.Http2;

/// <summary>
/// What the codec counts, over all connections that are given the same object; names and meaning are Envoy's (<c>http2.</c>), but for the last three. Plain increments: the connections
/// are of one thread, and whoever looks from another reads racily.
/// </summary>
[SuppressMessage("Design", "CA1051:Do not declare visible instance fields", Justification = "counters are incremented in place, where it happens")]
public sealed class Http2Counters
{
    /// <summary><c>dropped_headers_with_underscores</c>: Fields dropped because of an underscore in their name.</summary>
    public long DroppedHeadersWithUnderscores;

    /// <summary><c>requests_rejected_with_underscores_in_headers</c>: Requests refused because of an underscore in a field's name.</summary>
    public long RequestsRejectedWithUnderscoresInHeaders;

    /// <summary><c>goaway_sent</c>: GOAWAY frames sent.</summary>
    public long GoawaySent;

    /// <summary><c>header_overflow</c>: Messages with too many fields, or too large ones.</summary>
    public long HeaderOverflow;

    /// <summary><c>inbound_empty_frames_flood</c>: Connections ended for frames without content.</summary>
    public long InboundEmptyFramesFlood;

    /// <summary><c>inbound_priority_frames_flood</c>: Connections ended for PRIORITY frames.</summary>
    public long InboundPriorityFramesFlood;

    /// <summary><c>inbound_window_update_frames_flood</c>: Connections ended for WINDOW_UPDATE frames.</summary>
    public long InboundWindowUpdateFramesFlood;

    /// <summary><c>outbound_control_flood</c>: Connections ended for PING and SETTINGS frames that all want an answer.</summary>
    public long OutboundControlFlood;

    /// <summary><c>keepalive_timeout</c>: Connections ended because a PING of ours was not answered.</summary>
    public long KeepaliveTimeout;

    /// <summary><c>rx_messaging_error</c>: Messages that break RFC 9113, section 8.</summary>
    public long RxMessagingError;

    /// <summary><c>rx_reset</c>: RST_STREAM frames received.</summary>
    public long RxReset;

    /// <summary><c>tx_reset</c>: RST_STREAM frames sent.</summary>
    public long TxReset;

    /// <summary><c>stream_refused_errors</c>: Streams refused because as many as may be are open.</summary>
    public long StreamRefusedErrors;

    /// <summary><c>trailers</c>: Requests with trailers.</summary>
    public long Trailers;

    /// <summary><c>tx_flush_timeout</c>: Streams ended because their window was not opened for what waits.</summary>
    public long TxFlushTimeout;

    /// <summary><c>streams_active</c>: Streams that are open.</summary>
    public long StreamsActive;

    /// <summary><c>pending_send_bytes</c>: Bytes of bodies that wait for a window.</summary>
    public long PendingSendBytes;

    /// <summary><c>inbound_continuation_frames_flood</c>: Connections ended for a field block without an end. Not Envoy's.</summary>
    public long InboundContinuationFramesFlood;

    /// <summary><c>inbound_ignored_frames_flood</c>: Connections ended for frames that mean nothing. Not Envoy's.</summary>
    public long InboundIgnoredFramesFlood;

    /// <summary><c>stream_errors_flood</c>: Connections ended for streams that had to be reset. Not Envoy's.</summary>
    public long StreamErrorsFlood;

    /// <summary>Counts what a peer did wrong, where there is a counter for it.</summary>
    internal void Count(Http2Fault fault)
    {
        switch (fault)
        {
            case Http2Fault.InvalidHeaderField or Http2Fault.MessagingViolation or Http2Fault.ContentLengthMismatch:
                RxMessagingError++;
                break;
            case Http2Fault.UnderscoreInFieldName:
                RequestsRejectedWithUnderscoresInHeaders++;
                break;
            case Http2Fault.TooManyHeaders or Http2Fault.HeadersTooLarge:
                HeaderOverflow++;
                break;
            case Http2Fault.EmptyFrameFlood:
                InboundEmptyFramesFlood++;
                break;
            case Http2Fault.PriorityFlood:
                InboundPriorityFramesFlood++;
                break;
            case Http2Fault.WindowUpdateFlood:
                InboundWindowUpdateFramesFlood++;
                break;
            case Http2Fault.ControlFrameFlood:
                OutboundControlFlood++;
                break;
            case Http2Fault.ContinuationFlood:
                InboundContinuationFramesFlood++;
                break;
            case Http2Fault.IgnoredFrameFlood:
                InboundIgnoredFramesFlood++;
                break;
            case Http2Fault.StreamErrorFlood:
                StreamErrorsFlood++;
                break;
        }
    }
}
