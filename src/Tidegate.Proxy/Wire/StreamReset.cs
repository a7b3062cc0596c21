namespace Tidegate.Proxy.Wire;

/// <summary>
/// Why we end a stream before its end, on either side. HTTP/2 has a code for each (RFC 9113, section 7); HTTP/1.1 can only break its connection.
/// </summary>
internal enum StreamReset : byte
{
    /// <summary>Nothing is wrong: the answer is whole and the rest of the request is not wanted (NO_ERROR).</summary>
    NotNeeded,

    /// <summary>Nobody wants it any more: the other side has gone, or a limit of time has passed (CANCEL).</summary>
    Cancelled,

    /// <summary>What was sent on the stream broke the rules (PROTOCOL_ERROR).</summary>
    ProtocolError,

    /// <summary>The message that is passed on was cut short on the other side, or we failed (INTERNAL_ERROR).</summary>
    InternalError,

    /// <summary>Nothing was done with the request: the client may try it again (REFUSED_STREAM).</summary>
    Refused,

    /// <summary>What a tunnel led to has ended (CONNECT_ERROR).</summary>
    ConnectError,
}
