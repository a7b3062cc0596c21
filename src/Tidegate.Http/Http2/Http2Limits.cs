namespace Tidegate.Http.Http2;

/// <summary>
/// Limits and choices of the HTTP/2 codec. What costs the other side nothing is counted against something that costs it; each limit ends with the error of its
/// <see cref="Http2Fault"/>. The defaults are Envoy's, or those of the gateway's edge specification where they are safer.
/// </summary>
public sealed record Http2Limits
{
    /// <summary>The defaults.</summary>
    public static Http2Limits Default { get; } = new();

    /// <summary>
    /// A field list may have so many bytes when decoded: names, values, and 32 for each field (RFC 9113 section 6.5.2); more is 431, in trailers a reset. Envoy
    /// <c>max_request_headers_kb</c> (60).
    /// </summary>
    public int MaxHeaderListBytes { get; init; } = 60 * 1024;

    /// <summary>
    /// A field list may have so many fields, pseudo-header fields and every cookie crumb counted (CVE-2026-47774); more is 431, in trailers a reset. Envoy
    /// <c>common_http_protocol_options.max_headers_count</c> (100).
    /// </summary>
    public int MaxHeaderCount { get; init; } = 100;

    /// <summary>A field block may have so many bytes on the wire, HEADERS and CONTINUATION together; more ends the connection.</summary>
    public int MaxFieldBlockBytes { get; init; } = 64 * 1024;

    /// <summary>A field block may go on in so many CONTINUATION frames (CVE-2024-27919, CVE-2023-45288).</summary>
    public int MaxContinuationFrames { get; init; } = 16;

    /// <summary>The decoder's dynamic table in bytes, told in SETTINGS_HEADER_TABLE_SIZE; at least 4096. Envoy <c>hpack_table_size</c>.</summary>
    public int DecoderTableBytes { get; init; } = 4096;

    /// <summary>The encoder's dynamic table in bytes; the peer may make it smaller. At most 4096.</summary>
    public int EncoderTableBytes { get; init; } = 4096;

    /// <summary>Streams of the peer at once, told in SETTINGS_MAX_CONCURRENT_STREAMS; one more is refused. Envoy <c>max_concurrent_streams</c> (1024, 100 at the edge).</summary>
    public int MaxConcurrentStreams { get; init; } = 100;

    /// <summary>What the peer may send on a stream before any of it was taken, in bytes. Envoy <c>initial_stream_window_size</c> (16 MiB, 64 KiB at the edge).</summary>
    public int StreamWindowBytes { get; init; } = 64 * 1024;

    /// <summary>The same of all streams together. Envoy <c>initial_connection_window_size</c> (24 MiB, 1 MiB at the edge).</summary>
    public int ConnectionWindowBytes { get; init; } = 1024 * 1024;

    /// <summary>What may wait to be sent, in bytes, before streams have to wait.</summary>
    public int MaxOutputBytes { get; init; } = 64 * 1024;

    /// <summary>Answers to PING and SETTINGS that may wait to be sent, and PING and SETTINGS frames in one second. Envoy <c>max_outbound_control_frames</c> (1000).</summary>
    public int MaxControlFrames { get; init; } = 1000;

    /// <summary>Frames without content that may follow each other. Envoy <c>max_consecutive_inbound_frames_with_empty_payload</c> (1).</summary>
    public int MaxEmptyFrames { get; init; } = 1;

    /// <summary>PRIORITY frames for each stream that there was, and one. Envoy <c>max_inbound_priority_frames_per_stream</c> (100).</summary>
    public int MaxPriorityFramesPerStream { get; init; } = 100;

    /// <summary>
    /// WINDOW_UPDATE frames for each DATA frame sent; there are ten times as many for each stream and to begin with. Envoy
    /// <c>max_inbound_window_update_frames_per_data_frame_sent</c> (10, and 2 for each stream).
    /// </summary>
    public int MaxWindowUpdatesPerDataFrame { get; init; } = 10;

    /// <summary>A request that its client resets sooner than this many milliseconds after it came is reset prematurely. Envoy <c>premature_reset_min_stream_lifetime_seconds</c> (1 s).</summary>
    public int PrematureResetMs { get; init; } = 1000;

    /// <summary>
    /// When half of so many requests were reset prematurely, the connection ends; older ones count less and less. Envoy <c>premature_reset_total_stream_count</c> (500).
    /// </summary>
    public int PrematureResetQuota { get; init; } = 500;

    /// <summary>Streams that we may have had to reset or refuse before the connection ends; each four that end well make good for one.</summary>
    public int MaxStreamErrors { get; init; } = 100;

    /// <summary>Frames that are ignored (unknown types, late ones, acknowledgements of nothing) before the connection ends; each stream that ends well makes good for ten.</summary>
    public int MaxIgnoredFrames { get; init; } = 10_000;

    /// <summary>Whether SETTINGS_ENABLE_CONNECT_PROTOCOL is sent, so that clients can open WebSockets (RFC 8441). Envoy <c>allow_connect</c> (false).</summary>
    public bool AllowExtendedConnect { get; init; }

    /// <summary>Whether a request with an underscore in a field name is refused. Envoy <c>headers_with_underscores_action</c>: REJECT_REQUEST.</summary>
    public bool RejectUnderscoreHeaders { get; init; }

    /// <summary>Whether request fields with an underscore in the name are passed over (Envoy: DROP_HEADER). They count towards the limits.</summary>
    public bool DropUnderscoreHeaders { get; init; }
}
