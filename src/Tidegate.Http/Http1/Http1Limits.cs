namespace Tidegate.Http.Http1;

/// <summary>Limits and choices of the HTTP/1.1 codec. The defaults are those of Envoy and of the gateway's edge specification, section 3.</summary>
public sealed record Http1Limits
{
    /// <summary>The defaults.</summary>
    public static Http1Limits Default { get; } = new();

    /// <summary>
    /// A head may have so many bytes on the wire, from the first of its start line to the empty line, both included; more is 431.
    /// Envoy <c>max_request_headers_kb</c> (60), which counts names, values and target only.
    /// </summary>
    public int MaxHeaderBytes { get; init; } = 60 * 1024;

    /// <summary>A head may have so many field lines, Host included; more is 431. Envoy <c>common_http_protocol_options.max_headers_count</c> (100).</summary>
    public int MaxHeaderCount { get; init; } = 100;

    /// <summary>
    /// A request line may have so many bytes, its line end not counted; more is 414. At or above <see cref="MaxHeaderBytes"/> (the default) there is no limit
    /// of its own and 431 is the answer, as with Envoy; 16 KiB in a strict profile; RFC 9112 section 3 wants 8000 at least.
    /// </summary>
    public int MaxRequestLineBytes { get; init; } = 60 * 1024;

    /// <summary>A line with a chunk's size and extensions may have so many bytes, its line end not counted (RFC 9112 section 7.1.1).</summary>
    public int MaxChunkLineBytes { get; init; } = 4 * 1024;

    /// <summary>All chunk extensions of a message together may have so many bytes (RFC 9112 section 7.1.1, CVE-2023-39326).</summary>
    public int MaxChunkExtensionBytesPerMessage { get; init; } = 16 * 1024;

    /// <summary>A trailer section may have so many bytes on the wire; more is 431.</summary>
    public int MaxTrailerBytes { get; init; } = 16 * 1024;

    /// <summary>A trailer section may have so many field lines; more is 431.</summary>
    public int MaxTrailerCount { get; init; } = 32;

    /// <summary>Whether HTTP/1.0 requests are served; if not, the answer is 426. Envoy <c>http_protocol_options.accept_http_10</c> (false).</summary>
    public bool AcceptHttp10 { get; init; }

    /// <summary>
    /// The authority of an HTTP/1.0 request without Host; when empty such a request is refused like one of HTTP/1.1.
    /// Envoy <c>http_protocol_options.default_host_for_http_10</c> (empty).
    /// </summary>
    public string DefaultHostForHttp10 { get; init; } = "";

    /// <summary>
    /// Whether methods are served that are in no registry (<see cref="KnownMethods.IsRegistered"/>); if not, the answer is 400. Envoy
    /// <c>http_protocol_options.allow_custom_methods</c> (false).
    /// </summary>
    public bool AcceptCustomMethods { get; init; }

    /// <summary>
    /// Whether a request with an underscore in a field name is refused with 400. Envoy <c>headers_with_underscores_action</c>: REJECT_REQUEST
    /// in Istio's EDGE profile, ALLOW otherwise.
    /// </summary>
    public bool RejectUnderscoreHeaders { get; init; }

    /// <summary>Whether it is remembered in which case the names of a request's fields came. Envoy <c>preserve_case</c> of a listener.</summary>
    public bool KeepsNameCase { get; init; }

    /// <summary>Whether request fields with an underscore in the name are passed over (Envoy: DROP_HEADER). They count towards the limits.</summary>
    public bool DropUnderscoreHeaders { get; init; }
}
