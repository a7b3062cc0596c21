using System.Buffers;

namespace Tidegate.Proxy.Filters.Compression;

/// <summary>
/// Makes an answer's body another one, piece by piece. What a call returns is valid until the next call. Owned by one exchange, and
/// disposed of with it.
/// </summary>
internal abstract class BodyEncoder : IDisposable
{
    /// <summary>Whether something was taken in that a flush would bring out.</summary>
    public bool HasUnflushed { get; private set; }

    /// <summary>Bytes taken in.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Where encoded bytes are put.</summary>
    protected ArrayBufferWriter<byte> Output { get; } = new(4096);

    /// <summary>Takes a piece in; what comes of it now, perhaps nothing.</summary>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> data)
    {
        Output.ResetWrittenCount();
        HasUnflushed = true;
        TotalBytes += data.Length;
        Write(data);
        return Output.WrittenMemory;
    }

    /// <summary>All that the pieces so far amount to, so that the client can make use of them.</summary>
    public ReadOnlyMemory<byte> Flush()
    {
        Output.ResetWrittenCount();
        HasUnflushed = false;
        WriteFlush();
        return Output.WrittenMemory;
    }

    /// <summary>The end of the body.</summary>
    public ReadOnlyMemory<byte> Finish()
    {
        Output.ResetWrittenCount();
        HasUnflushed = false;
        WriteEnd();
        return Output.WrittenMemory;
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Encodes a piece to <see cref="Output"/>.</summary>
    protected abstract void Write(ReadOnlySpan<byte> data);

    /// <summary>Brings out what is held back.</summary>
    protected abstract void WriteFlush();

    /// <summary>Brings out what is held back, and the end.</summary>
    protected abstract void WriteEnd();
}
