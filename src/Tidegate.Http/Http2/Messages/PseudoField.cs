namespace Tidegate.Http.Http2.Messages;

/// <summary>The pseudo-header fields of a request (RFC 9113 section 8.3.1, RFC 8441 section 4), in Envoy's order.</summary>
internal enum PseudoField : byte
{
    /// <summary>None of them.</summary>
    None,

    /// <summary><c>:authority</c></summary>
    Authority,

    /// <summary><c>:path</c></summary>
    Path,

    /// <summary><c>:method</c></summary>
    Method,

    /// <summary><c>:scheme</c></summary>
    Scheme,

    /// <summary><c>:protocol</c></summary>
    Protocol,
}
