using System.Buffers;
using System.IO.Compression;

namespace Tidegate.Proxy.Filters.Compression;

/// <summary>Brotli (RFC 7932).</summary>
internal sealed class BrotliBodyEncoder(int quality, int windowBits) : BodyEncoder
{
    private const int RoomBytes = 4096;

    // Hash tables and what waits, beside the window.
    private const long OwnBytes = 512 * 1024;

    private BrotliEncoder _encoder = new(quality, windowBits);

    /// <summary>What one takes of memory, in bytes, with a window of so many bits: it is kept twice.</summary>
    public static long MemoryBytesOf(int windowBits) => (2L << windowBits) + OwnBytes;

    /// <inheritdoc/>
    public override void Dispose() => _encoder.Dispose();

    /// <inheritdoc/>
    protected override void Write(ReadOnlySpan<byte> data) => Run(data, isLast: false);

    /// <inheritdoc/>
    protected override void WriteFlush()
    {
        OperationStatus status;
        do
        {
            status = _encoder.Flush(Output.GetSpan(RoomBytes), out int written);
            Output.Advance(written);
        }
        while (status == OperationStatus.DestinationTooSmall);
    }

    /// <inheritdoc/>
    protected override void WriteEnd() => Run(default, isLast: true);

    private void Run(ReadOnlySpan<byte> data, bool isLast)
    {
        OperationStatus status;
        do
        {
            status = _encoder.Compress(data, Output.GetSpan(RoomBytes), out int consumed, out int written, isLast);
            Output.Advance(written);
            data = data[consumed..];
        }
        while (status == OperationStatus.DestinationTooSmall || data.Length > 0);
    }
}
