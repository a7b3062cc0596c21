using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Exchanges;

/// <summary>What came of asking for a piece of a request's body.</summary>
internal enum BodyRead : byte
{
    /// <summary>A piece is there; an empty one means that more has to be waited for.</summary>
    Ok,

    /// <summary>The body is whole; its trailers are in <see cref="HttpExchange.RequestTrailers"/>.</summary>
    End,

    /// <summary>The client is gone, has reset the stream, or the wait was cancelled.</summary>
    Closed,

    /// <summary>What came breaks the framing.</summary>
    Invalid,
}
