using System.Buffers;
using System.IO.Compression;

namespace Tidegate.Proxy.Filters.Compression;

/// <summary>gzip (RFC 1952).</summary>
internal sealed class GzipEncoder : BodyEncoder
{
    /// <summary>What one takes of memory, in bytes: window, hash chains and what waits (zlib's deflateInit2).</summary>
    public const long MemoryBytes = 272 * 1024;

    private readonly GZipStream _stream;
    private bool _isEnded;

    /// <summary>An encoder with these settings.</summary>
    public GzipEncoder(ZLibCompressionOptions options)
    {
        _stream = new GZipStream(new OutputStream(Output), options, leaveOpen: false);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (!_isEnded)
        {
            _isEnded = true;
            _stream.Dispose();
        }
    }

    /// <inheritdoc/>
    protected override void Write(ReadOnlySpan<byte> data) => _stream.Write(data);

    /// <inheritdoc/>
    protected override void WriteFlush() => _stream.Flush();

    /// <inheritdoc/>
    protected override void WriteEnd() => Dispose();

    // What the framework's class wants to write to.
    private sealed class OutputStream(ArrayBufferWriter<byte> output) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer) => output.Write(buffer);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            // Nothing is held back here.
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
