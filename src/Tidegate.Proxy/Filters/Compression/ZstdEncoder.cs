using System.Buffers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Tidegate.Proxy.Filters.Compression;

/// <summary>Zstandard (RFC 8878). The window stays within the 8 MiB that RFC 9659 lets clients rely on.</summary>
internal sealed class ZstdEncoder : BodyEncoder
{
    private const int RoomBytes = 4096;
    private const int MaxWindowLog = 23;

    private readonly Compressor _compressor;

    /// <summary>What one of that level takes of memory, in bytes; no level is more than the largest.</summary>
    public static long MemoryBytesOf(int level) => (long)Methods.ZSTD_estimateCStreamSize(Math.Min(level, Compressor.MaxCompressionLevel));

    /// <summary>An encoder of that level, with a checksum at the end or without.</summary>
    public ZstdEncoder(int level, bool hasChecksum)
    {
        _compressor = new Compressor(level);
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, hasChecksum ? 1 : 0);
        if (level > 19)
        {
            _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_windowLog, MaxWindowLog);
        }
    }

    /// <inheritdoc/>
    public override void Dispose() => _compressor.Dispose();

    /// <inheritdoc/>
    protected override void Write(ReadOnlySpan<byte> data) => Run(data, isLast: false);

    /// <inheritdoc/>
    protected override void WriteFlush()
    {
        OperationStatus status;
        do
        {
            status = _compressor.FlushStream(Output.GetSpan(RoomBytes), out int written);
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
            status = _compressor.WrapStream(data, Output.GetSpan(RoomBytes), out int consumed, out int written, isLast);
            Output.Advance(written);
            data = data[consumed..];
        }
        while (status == OperationStatus.DestinationTooSmall || data.Length > 0);
    }
}
