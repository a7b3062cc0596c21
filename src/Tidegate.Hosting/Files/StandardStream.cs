using Tidegate.Hosting.Interop;

namespace Tidegate.Hosting.Files;

/// <summary>
/// Standard output or standard error as a descriptor. The console's own streams hold one lock for both while they write, so that whoever does not read the one silences the
/// other, and they take a reader that is gone for one that has read.
/// </summary>
public sealed class StandardStream : Stream
{
    private readonly int _descriptor;

    private StandardStream(int descriptor) => _descriptor = descriptor;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Standard output.</summary>
    public static StandardStream Output() => new(1);

    /// <summary>Standard error.</summary>
    public static StandardStream Error() => new(2);

    /// <summary>Writes all of it, or throws an <see cref="IOException"/>; waits for a reader who is slow.</summary>
    public override void Write(ReadOnlySpan<byte> buffer) => FileCalls.Write(_descriptor, buffer);

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
