namespace Tidegate.Net;

/// <summary>What came of a receive or a send: a number of bytes, or an error.</summary>
public readonly struct IoResult
{
    private IoResult(int bytes, IoError error)
    {
        Bytes = bytes;
        Error = error;
    }

    /// <summary>Bytes moved; 0 with an error, and for a receive at the end of the stream.</summary>
    public int Bytes { get; }

    /// <summary>The error, if there is one.</summary>
    public IoError Error { get; }

    /// <summary>Whether it failed.</summary>
    public bool IsError => Error.Errno != 0;

    /// <summary>For a receive: the peer will send no more.</summary>
    public bool IsEof => Bytes == 0 && Error.Errno == 0;

    /// <summary>A result that moved bytes.</summary>
    public static IoResult Of(int bytes) => new(bytes, IoError.None);

    /// <summary>A result that failed.</summary>
    public static IoResult Of(IoError error) => new(0, error);
}
