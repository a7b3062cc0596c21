namespace Tidegate.Http.Http1;

/// <summary>What a head parser has to say about the bytes it was given.</summary>
public enum ParseResult : byte
{
    /// <summary>The head goes on. Drop the consumed bytes, keep the rest, come back with the rest and more.</summary>
    NeedMore,

    /// <summary>The head is whole; the body starts behind the consumed bytes.</summary>
    Complete,

    /// <summary>The message is refused, the parser's error says why. Nothing more on this connection can be trusted: answer and close.</summary>
    Invalid,
}
