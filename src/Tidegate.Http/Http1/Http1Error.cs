namespace Tidegate.Http.Http1;

/// <summary>
/// Why a message was refused and what the client is told, in Envoy's words. From a client's message: answer with <see cref="Status"/> and
/// <see cref="Body"/>, then close. From an upstream's: the status is 502 and the body is the caller's (response flag UPE).
/// </summary>
public readonly struct Http1Error : IEquatable<Http1Error>
{
    /// <summary>Makes the error of a code.</summary>
    /// <param name="code">The reason.</param>
    /// <param name="isUpstream">Whether the message came from an upstream.</param>
    public Http1Error(Http1ErrorCode code, bool isUpstream = false)
    {
        Code = code;
        IsUpstream = isUpstream;
    }

    /// <summary>The reason; <see cref="Http1ErrorCode.None"/> when there is no error.</summary>
    public Http1ErrorCode Code { get; }

    /// <summary>Whether the message came from an upstream, so that the fault is not the client's.</summary>
    public bool IsUpstream { get; }

    /// <summary>The status for the client: 400, 414, 426, 431, 501 or 505; 502 for an upstream's fault; 0 when there is no error.</summary>
    public int Status => Code == Http1ErrorCode.None ? 0 : IsUpstream ? 502 : StatusOf(Code);

    /// <summary>Envoy's response code detail, for the access log.</summary>
    public string Detail => Code switch
    {
        Http1ErrorCode.None => "",
        Http1ErrorCode.InvalidTarget => "http1.invalid_url",
        Http1ErrorCode.LowVersion => "low_version",
        Http1ErrorCode.MethodTooLong => "method_too_long",
        Http1ErrorCode.RequestLineTooLong => "http1.request_line_too_long",
        Http1ErrorCode.ControlCharacter
            or Http1ErrorCode.InvalidFieldValue => "http1.invalid_characters",
        Http1ErrorCode.UnderscoreInFieldName => "http1.unexpected_underscore",
        Http1ErrorCode.HeadersTooLarge
            or Http1ErrorCode.TrailersTooLarge => "http1.headers_too_large",
        Http1ErrorCode.TooManyHeaders
            or Http1ErrorCode.TooManyTrailers => "http1.too_many_headers",
        Http1ErrorCode.MissingHost => "missing_host_header",
        Http1ErrorCode.ContentLengthAndTransferEncoding => "http1.content_length_and_chunked_not_allowed",
        Http1ErrorCode.InvalidTransferEncoding
            or Http1ErrorCode.UnsupportedTransferEncoding => "http1.invalid_transfer_encoding",
        Http1ErrorCode.TransferEncodingInHttp10
            or Http1ErrorCode.TransferEncodingNotAllowed => "http1.transfer_encoding_not_allowed",
        Http1ErrorCode.ConnectWithBody => "http1.body_disallowed",
        Http1ErrorCode.ContentLengthNotAllowed => "http1.content_length_not_allowed",
        _ => "http1.codec_error",
    };

    /// <summary>The body of Envoy's local reply, text/plain; may be empty.</summary>
    public ReadOnlySpan<byte> Body => IsUpstream
        ? default
        : Code switch
        {
            Http1ErrorCode.None
                or Http1ErrorCode.MissingHost => default,
            Http1ErrorCode.LowVersion => "Upgrade Required"u8,
            Http1ErrorCode.UnsupportedVersion
                or Http1ErrorCode.Http2Preface => "HTTP Version Not Supported"u8,
            Http1ErrorCode.RequestLineTooLong => "URI Too Long"u8,
            Http1ErrorCode.HeadersTooLarge
                or Http1ErrorCode.TooManyHeaders
                or Http1ErrorCode.TrailersTooLarge
                or Http1ErrorCode.TooManyTrailers => "Request Header Fields Too Large"u8,
            Http1ErrorCode.MethodTooLong
                or Http1ErrorCode.UnsupportedTransferEncoding => "Not Implemented"u8,
            _ => "Bad Request"u8,
        };

    /// <summary>Whether the access log shows the response flag DPE (downstream protocol error).</summary>
    public bool IsDownstreamProtocolError =>
        !IsUpstream && Code is not (Http1ErrorCode.None or Http1ErrorCode.LowVersion or Http1ErrorCode.MissingHost);

    /// <inheritdoc/>
    public bool Equals(Http1Error other) => Code == other.Code && IsUpstream == other.IsUpstream;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Http1Error other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((int)Code << 1) | (IsUpstream ? 1 : 0);

    /// <inheritdoc/>
    public override string ToString() => IsUpstream ? $"upstream {Code}" : Code.ToString();

    /// <summary>Whether both are the same.</summary>
    public static bool operator ==(Http1Error left, Http1Error right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(Http1Error left, Http1Error right) => !left.Equals(right);

    private static int StatusOf(Http1ErrorCode code) => code switch
    {
        Http1ErrorCode.UnsupportedVersion
            or Http1ErrorCode.Http2Preface => 505,
        Http1ErrorCode.LowVersion => 426,
        Http1ErrorCode.RequestLineTooLong => 414,
        Http1ErrorCode.HeadersTooLarge
            or Http1ErrorCode.TooManyHeaders
            or Http1ErrorCode.TrailersTooLarge
            or Http1ErrorCode.TooManyTrailers => 431,
        Http1ErrorCode.MethodTooLong
            or Http1ErrorCode.UnsupportedTransferEncoding => 501,
        _ => 400,
    };
}
