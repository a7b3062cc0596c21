namespace Tidegate.Proxy.Telemetry;

/// <summary>What Envoy counts of a compressor, under <c>http.STAT_PREFIX.compressor.LIBRARY.CODING.[response.]</c>. Owned by one worker.</summary>
public sealed class CompressorStats
{
    /// <summary><c>compressed</c>: Answers compressed.</summary>
    public long Compressed;

    /// <summary><c>not_compressed</c>: Answers not compressed.</summary>
    public long NotCompressed;

    /// <summary><c>total_uncompressed_bytes</c>: Bytes of the compressed answers before.</summary>
    public long TotalUncompressedBytes;

    /// <summary><c>total_compressed_bytes</c>: Bytes of the compressed answers after.</summary>
    public long TotalCompressedBytes;

    /// <summary><c>content_length_too_small</c>: Answers too short to be compressed.</summary>
    public long ContentLengthTooSmall;

    /// <summary><c>not_compressed_etag</c>: Answers not compressed because of their entity tag.</summary>
    public long NotCompressedEtag;

    /// <summary><c>no_accept_header</c>: Requests without <c>accept-encoding</c>.</summary>
    public long NoAcceptHeader;

    /// <summary><c>header_identity</c>: Requests that prefer no compression.</summary>
    public long HeaderIdentity;

    /// <summary><c>header_compressor_used</c>: Requests that prefer this coding.</summary>
    public long HeaderCompressorUsed;

    /// <summary><c>header_compressor_overshadowed</c>: Requests that prefer the coding of another compressor of the chain.</summary>
    public long HeaderCompressorOvershadowed;

    /// <summary><c>header_wildcard</c>: Requests that take any coding.</summary>
    public long HeaderWildcard;

    /// <summary><c>header_not_valid</c>: Requests that take nothing that is offered.</summary>
    public long HeaderNotValid;
}
