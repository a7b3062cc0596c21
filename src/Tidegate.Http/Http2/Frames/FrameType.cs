namespace Tidegate.Http.Http2.Frames;

/// <summary>Frame types (RFC 9113 section 6); a frame of any other type is ignored.</summary>
public enum FrameType : byte
{
    /// <summary>A piece of a body.</summary>
    Data = 0,

    /// <summary>A head or trailers.</summary>
    Headers = 1,

    /// <summary>Advice that nobody follows any more.</summary>
    Priority = 2,

    /// <summary>The end of a stream by an error.</summary>
    RstStream = 3,

    /// <summary>What the sender can take, or the acknowledgement of that.</summary>
    Settings = 4,

    /// <summary>A server's announcement of a stream that was not asked for; we allow none.</summary>
    PushPromise = 5,

    /// <summary>A question whether the other side lives, or its answer.</summary>
    Ping = 6,

    /// <summary>The end of a connection.</summary>
    GoAway = 7,

    /// <summary>Leave to send more.</summary>
    WindowUpdate = 8,

    /// <summary>The rest of a field block.</summary>
    Continuation = 9,
}
