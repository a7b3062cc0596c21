namespace Tidegate.Http.Http1;

/// <summary>What a body reader has to say about the bytes it was given.</summary>
public enum BodyResult : byte
{
    /// <summary>The body goes on. Drop the consumed bytes, keep the rest, come back with the rest and more.</summary>
    NeedMore,

    /// <summary>A part of the body is in the input. Use it, drop the consumed bytes, call again with the rest.</summary>
    Data,

    /// <summary>The message has ended behind the consumed bytes.</summary>
    Complete,

    /// <summary>The message is refused, the reader's error says why. The connection cannot be used further.</summary>
    Invalid,
}
