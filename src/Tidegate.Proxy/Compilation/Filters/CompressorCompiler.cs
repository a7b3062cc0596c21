using System.Collections.Frozen;
using System.IO.Compression;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Compression.Brotli.Compressor.V3;
using Envoy.Extensions.Compression.Gzip.Compressor.V3;
using Envoy.Extensions.Compression.Zstd.Compressor.V3;
using Envoy.Extensions.Filters.Http.Compressor.V3;
using Tidegate.Proxy.Filters.Compression;
using CompressorFilter = Tidegate.Proxy.Filters.Compression.CompressorFilter;
using CompressorProto = Envoy.Extensions.Filters.Http.Compressor.V3.Compressor;

// Fields that Envoy calls deprecated are what configurations still have.
#pragma warning disable CS0612

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles compressors and their libraries.</summary>
internal static class CompressorCompiler
{
    private const long MinContentLength = 30;
    private const uint DefaultBrotliWindow = 18;
    private const uint DefaultZstdLevel = 3;

    /// <summary>Compiles the filter of a listener; null when it was refused.</summary>
    public static CompressorFilter? Compile(CompressorProto compressor, CompileScope scope)
    {
        CompressorProto.Types.ResponseDirectionConfig? response = compressor.ResponseDirectionConfig;
        CompressorProto.Types.CommonDirectionConfig? common = response?.CommonConfig;
        scope.RefuseIf(
            compressor.RequestDirectionConfig?.CommonConfig?.Enabled?.DefaultValue == true,
            "request_direction_config is not supported: requests are not compressed");
        if (compressor.CompressorLibrary is not { } library)
        {
            scope.Refuse("compressor_library is missing");
            return null;
        }

        if (Library(library, scope.At("compressor_library")) is not var (coding, codec, makeEncoder, encoderBytes))
        {
            return null;
        }

        bool namesDirection = response is not null || compressor.RequestDirectionConfig is not null;
        IEnumerable<string> types = common is { ContentType.Count: > 0 } ? common.ContentType : compressor.ContentType;
        return new CompressorFilter(new CompressorRule
        {
            Coding = coding,
            MakeEncoder = makeEncoder,
            EncoderBytes = encoderBytes,
            StatName = $"compressor.{library.Name}.{codec}.{(namesDirection ? "response." : string.Empty)}",
            IsEnabled = (common?.Enabled ?? compressor.RuntimeEnabled)?.DefaultValue ?? true,
            MinContentLength = Math.Max(MinContentLength, common?.MinContentLength ?? compressor.ContentLength ?? 0),
            ContentTypes = types.Any() ? types.ToFrozenSet(StringComparer.OrdinalIgnoreCase) : CompressorRule.DefaultContentTypes,
            SkipsEtags = response?.DisableOnEtagHeader ?? compressor.DisableOnEtagHeader,
            RemovesAcceptEncoding = response?.RemoveAcceptEncodingHeader ?? compressor.RemoveAcceptEncodingHeader,
            IsFirstChoice = compressor.ChooseFirst,
        });
    }

    /// <summary>Compiles what a route says.</summary>
    public static (object? Settings, bool IsDisabled) CompileForRoute(CompressorPerRoute route) => (
        new CompressorOverride(route.Overrides?.ResponseDirectionConfig?.RemoveAcceptEncodingHeader),
        route.Disabled);

    private static (byte[] Coding, string Codec, Func<BodyEncoder> MakeEncoder, long EncoderBytes)? Library(TypedExtensionConfig library, CompileScope scope)
    {
        if (library.TypedConfig is { } packed)
        {
            if (packed.Is(Gzip.Descriptor) && scope.TryUnpack(packed, out Gzip? gzip))
            {
                return ("gzip"u8.ToArray(), "gzip", OfGzip(gzip), GzipEncoder.MemoryBytes);
            }

            if (packed.Is(Brotli.Descriptor) && scope.TryUnpack(packed, out Brotli? brotli))
            {
                return ("br"u8.ToArray(), "brotli", OfBrotli(brotli, scope), BrotliBodyEncoder.MemoryBytesOf((int)(brotli.WindowBits ?? DefaultBrotliWindow)));
            }

            if (packed.Is(Zstd.Descriptor) && scope.TryUnpack(packed, out Zstd? zstd))
            {
                return ("zstd"u8.ToArray(), "zstd", OfZstd(zstd, scope), ZstdEncoder.MemoryBytesOf((int)(zstd.CompressionLevel ?? DefaultZstdLevel)));
            }
        }

        scope.Refuse($"the library \"{library.Name}\" is not supported; there are gzip, brotli and zstd");
        return null;
    }

    private static Func<BodyEncoder> OfGzip(Gzip gzip)
    {
        var options = new ZLibCompressionOptions
        {
            CompressionLevel = gzip.CompressionLevel == Gzip.Types.CompressionLevel.DefaultCompression ? 6 : (int)gzip.CompressionLevel,
            CompressionStrategy = gzip.CompressionStrategy switch
            {
                Gzip.Types.CompressionStrategy.Filtered => ZLibCompressionStrategy.Filtered,
                Gzip.Types.CompressionStrategy.HuffmanOnly => ZLibCompressionStrategy.HuffmanOnly,
                Gzip.Types.CompressionStrategy.Rle => ZLibCompressionStrategy.RunLengthEncoding,
                Gzip.Types.CompressionStrategy.Fixed => ZLibCompressionStrategy.Fixed,
                _ => ZLibCompressionStrategy.Default,
            },
        };
        return () => new GzipEncoder(options);
    }

    private static Func<BodyEncoder> OfBrotli(Brotli brotli, CompileScope scope)
    {
        uint quality = brotli.Quality ?? 3;
        uint window = brotli.WindowBits ?? DefaultBrotliWindow;
        scope.RefuseIf(quality > 11, $"quality {quality} is not between 0 and 11");
        scope.RefuseIf(window is < 10 or > 24, $"window_bits {window} is not between 10 and 24");
        return () => new BrotliBodyEncoder((int)quality, (int)window);
    }

    private static Func<BodyEncoder> OfZstd(Zstd zstd, CompileScope scope)
    {
        uint level = zstd.CompressionLevel ?? DefaultZstdLevel;
        scope.RefuseIf(level > 22, $"compression_level {level} is greater than 22");
        scope.RefuseIf(zstd.Dictionary is not null, "dictionary is not supported");
        bool hasChecksum = zstd.EnableChecksum;
        return () => new ZstdEncoder((int)level, hasChecksum);
    }
}
