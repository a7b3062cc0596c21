using Tidegate.Http.Headers;

namespace Tidegate.Http.Http1;

/// <summary>Reader of message bodies.</summary>
public struct Http1BodyReader
{
    /// <summary>Whether the message has ended.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Whether the body ends with the connection.</summary>
    public bool IsUntilClose { get; private set; }

    /// <summary>Why the last result was invalid.</summary>
    public Http1Error Error { get; private set; }

    /// <summary>Begins a body.</summary>
    public void Start(MessageFraming framing, long contentLength, Http1Limits limits, HeaderMap? trailers, bool isUpstream = false)
    {
        IsUntilClose = framing == MessageFraming.UntilClose;
        IsComplete = framing == MessageFraming.None;
        Error = new(Http1ErrorCode.None, isUpstream);
        throw new NotImplementedException();
    }

    /// <summary>Reads on.</summary>
    public BodyResult Read(ReadOnlySpan<byte> input, out int consumed, out int dataOffset, out int dataLength) => throw new NotImplementedException();
}
