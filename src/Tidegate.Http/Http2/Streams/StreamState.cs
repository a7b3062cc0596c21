namespace Tidegate.Http.Http2.Streams;

/// <summary>
/// Where a stream is in its life (RFC 9113 section 5.1), seen from this side. There are no reserved streams, because nothing is pushed.
/// <code>
///                    idle
///                      |  HEADERS sent or received
///                      v
///     END_STREAM     open     END_STREAM
///      received    /   |   \     sent
///                 v    |    v
///     half closed      |      half closed
///      (remote)        |       (local)
///                 \    |    /
///     END_STREAM   v   v   v  END_STREAM
///        sent        closed     received
///                 (or RST_STREAM, sent or received)
/// </code>
/// </summary>
public enum StreamState : byte
{
    /// <summary>Nothing was sent or received.</summary>
    Idle,

    /// <summary>Both sides may send.</summary>
    Open,

    /// <summary>The peer has ended its half; we may send.</summary>
    HalfClosedRemote,

    /// <summary>We have ended our half; the peer may send.</summary>
    HalfClosedLocal,

    /// <summary>Nobody may send any more.</summary>
    Closed,
}
