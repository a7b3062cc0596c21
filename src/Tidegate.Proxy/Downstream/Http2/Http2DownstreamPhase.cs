namespace Tidegate.Proxy.Downstream.Http2;

/// <summary>What a client's HTTP/2 connection is doing.</summary>
internal enum Http2DownstreamPhase : byte
{
    /// <summary>Nothing is under way.</summary>
    Idle,

    /// <summary>A frame or a field block is begun and not whole, or the preface is awaited.</summary>
    Incomplete,

    /// <summary>There are streams.</summary>
    Busy,

    /// <summary>It has said its last word, and lets the client read it.</summary>
    Lingering,

    /// <summary>It is over.</summary>
    Closed,
}
