using Tidegate.Http.Http2.Streams;

namespace Tidegate.Http.Http2.Connections;

/// <summary>One thing that the bytes of a peer have come to.</summary>
public readonly record struct Http2Event
{
    /// <summary>What it is.</summary>
    public Http2EventKind Kind { get; init; }

    /// <summary>The stream that it concerns, if it concerns one.</summary>
    public Http2Stream? Stream { get; init; }

    /// <summary><see cref="Http2EventKind.Data"/>: where the piece begins in the input of that call.</summary>
    public int Offset { get; init; }

    /// <summary><see cref="Http2EventKind.Data"/>: the length of the piece in bytes; may be 0 at the end.</summary>
    public int Length { get; init; }

    /// <summary>Whether the peer's message ends with this.</summary>
    public bool IsEnd { get; init; }

    /// <summary>What the peer did wrong, where it did.</summary>
    public Http2Fault Fault { get; init; }

    /// <summary><see cref="Http2EventKind.Reset"/>, <see cref="Http2EventKind.GoAway"/>: the peer's code.</summary>
    public Http2ErrorCode Code { get; init; }

    /// <summary><see cref="Http2EventKind.GoAway"/>: streams of ours above it were not looked at.</summary>
    public int LastStreamId { get; init; }

    /// <summary>The connection is over.</summary>
    internal static Http2Event ConnectionFailed(Http2Fault fault) => new() { Kind = Http2EventKind.Failed, Fault = fault };
}
