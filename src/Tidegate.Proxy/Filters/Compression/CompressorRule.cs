using System.Collections.Frozen;

namespace Tidegate.Proxy.Filters.Compression;

/// <summary>Which answers are compressed, and how (Envoy: <c>Compressor</c>). Immutable.</summary>
internal sealed record CompressorRule
{
    /// <summary>What is compressed when the configuration does not say.</summary>
    public static readonly FrozenSet<string> DefaultContentTypes = FrozenSet.ToFrozenSet(
    [
        "application/javascript", "application/json", "application/xhtml+xml", "image/svg+xml", "text/css", "text/html", "text/plain", "text/xml",
    ], StringComparer.OrdinalIgnoreCase);

    /// <summary>The content coding: <c>gzip</c>, <c>br</c> or <c>zstd</c>.</summary>
    public required byte[] Coding { get; init; }

    /// <summary>Makes an encoder for one answer.</summary>
    public required Func<BodyEncoder> MakeEncoder { get; init; }

    /// <summary>What an encoder takes of memory while an answer lasts, outside of the managed heap too, in bytes.</summary>
    public required long EncoderBytes { get; init; }

    /// <summary>What its statistics are called behind the connection manager's prefix: <c>compressor.LIBRARY.gzip.</c>, perhaps with <c>response.</c></summary>
    public required string StatName { get; init; }

    /// <summary>Whether answers are compressed at all.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>The shortest answer that is compressed, in bytes.</summary>
    public long MinContentLength { get; init; } = 30;

    /// <summary>The media types that are compressed.</summary>
    public FrozenSet<string> ContentTypes { get; init; } = DefaultContentTypes;

    /// <summary>Whether an entity tag keeps an answer from being compressed; else strong tags are removed.</summary>
    public bool SkipsEtags { get; init; }

    /// <summary>Whether the upstream is not told what the client accepts, so that it does not compress itself.</summary>
    public bool RemovesAcceptEncoding { get; init; }

    /// <summary>Whether this one is used where the client likes several as much.</summary>
    public bool IsFirstChoice { get; init; }
}

/// <summary>What a route says otherwise than the listener.</summary>
/// <param name="RemovesAcceptEncoding">See <see cref="CompressorRule.RemovesAcceptEncoding"/>; null leaves it.</param>
internal sealed record CompressorOverride(bool? RemovesAcceptEncoding);
