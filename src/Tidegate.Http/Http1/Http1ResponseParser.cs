namespace Tidegate.Http.Http1;

/// <summary>Parser of response heads.</summary>
public sealed class Http1ResponseParser(Http1Limits limits)
{
    /// <summary>Why the last result was invalid.</summary>
    public Http1Error Error { get; private set; }

    /// <summary>Whether a byte of a status line was seen.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>The limits.</summary>
    public Http1Limits Limits { get; } = limits;

    /// <summary>Parses on.</summary>
    public ParseResult Parse(ReadOnlySpan<byte> input, KnownMethod requestMethod, ResponseHead head, out int consumed) => throw new NotImplementedException();

    /// <summary>Starts anew.</summary>
    public void Reset()
    {
        Error = default;
        HasStarted = false;
    }
}
