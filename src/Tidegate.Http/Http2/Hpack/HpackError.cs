namespace Tidegate.Http.Http2.Hpack;

/// <summary>Why a field block cannot be decoded. Each of them ends the connection with COMPRESSION_ERROR (RFC 9113 section 4.3), because the two dynamic tables may differ from there on.</summary>
public enum HpackError : byte
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>The block ends in the middle of a field.</summary>
    Truncated,

    /// <summary>An integer above 2^28, or written with more bytes than it needs at most (RFC 7541 section 5.1).</summary>
    IntegerOverflow,

    /// <summary>Index 0, or one beyond both tables (RFC 7541 sections 2.3.3 and 6.1).</summary>
    InvalidIndex,

    /// <summary>The end-of-string symbol inside a string, or padding that is longer than 7 bits or not all ones (RFC 7541 section 5.2).</summary>
    InvalidHuffman,

    /// <summary>A table size above what SETTINGS_HEADER_TABLE_SIZE allows (RFC 7541 section 6.3).</summary>
    TableSizeTooLarge,

    /// <summary>A change of the table's size behind a field (RFC 7541 section 4.2).</summary>
    TableSizeAfterField,
}
