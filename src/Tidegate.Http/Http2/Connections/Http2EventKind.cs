namespace Tidegate.Http.Http2.Connections;

/// <summary>What the bytes of a peer have come to.</summary>
public enum Http2EventKind : byte
{
    /// <summary>Nothing more: come back with what was not consumed, and more.</summary>
    NeedMore,

    /// <summary>A request or a final answer begins; its head is whole.</summary>
    Head,

    /// <summary>A request whose head is over a limit, to be answered with 431; its head is not usable.</summary>
    HeadTooLarge,

    /// <summary>An interim answer (1xx).</summary>
    Interim,

    /// <summary>A piece of a body; to be given back with <see cref="Http2Connection.Credit"/> when it is consumed.</summary>
    Data,

    /// <summary>The end of a message, with trailers.</summary>
    Trailers,

    /// <summary>The peer has reset a stream.</summary>
    Reset,

    /// <summary>The peer broke a rule that concerns one stream; the stream has been reset.</summary>
    StreamFailed,

    /// <summary>A stream was refused, because there are too many; nothing is known of it.</summary>
    StreamRefused,

    /// <summary>The peer's SETTINGS were applied.</summary>
    Settings,

    /// <summary>The peer has answered a PING of ours.</summary>
    Pong,

    /// <summary>The peer will not begin, or not take, more streams.</summary>
    GoAway,

    /// <summary>The peer broke a rule that concerns the connection: GOAWAY waits to be sent, and then it is to be closed. Nothing that follows is read.</summary>
    Failed,
}
