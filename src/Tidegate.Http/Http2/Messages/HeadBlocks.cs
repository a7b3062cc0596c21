using System.Buffers.Text;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Http2.Messages;

/// <summary>
/// Encodes heads and trailers as field blocks. As in HTTP/1.1 what is sent is made anew: the pseudo-header fields and Content-Length come from the head itself, fields of
/// a connection are never taken from the map.
/// </summary>
internal static class HeadBlocks
{
    /// <summary>Bits of one field in <see cref="RequestHead.PseudoFieldOrder"/>.</summary>
    public const int OrderBits = 4;

    private const uint OrderMask = 15;
    private const int MaxPseudoFields = 5;
    private const int PlainConnectFields = (1 << (int)PseudoField.Authority) | (1 << (int)PseudoField.Method);
    private const int OrdinaryFields = PlainConnectFields | (1 << (int)PseudoField.Path) | (1 << (int)PseudoField.Scheme);
    private const int AllFields = OrdinaryFields | (1 << (int)PseudoField.Protocol);
    private const int LongestLength = 20;

    private static readonly KnownHeaderSet NotFromHeaders = KnownHeaderSet.Of(
        KnownHeader.Connection, KnownHeader.KeepAlive, KnownHeader.ProxyConnection, KnownHeader.ContentLength, KnownHeader.TransferEncoding,
        KnownHeader.Upgrade, KnownHeader.Http2Settings, KnownHeader.Host);

    /// <summary>A size in bytes that is always enough for the block.</summary>
    public static int MaxSize(RequestHead head) =>
        MaxSize(head.Headers) + head.MethodName.Length + head.Path.Length + head.Authority.Length + head.Scheme.Length + head.Protocol.Length
        + 50 + (6 * HpackEncoder.MaxFieldOverhead) + LongestLength;

    /// <summary>A size in bytes that is always enough for the block.</summary>
    public static int MaxSize(ResponseHead head) => MaxSize(head.Headers) + (2 * HpackEncoder.MaxFieldOverhead) + 20 + LongestLength;

    /// <summary>A size in bytes that is always enough for the block of these fields.</summary>
    public static int MaxSize(HeaderMap fields) => checked((int)(fields.ByteSize + ((long)fields.Count * HpackEncoder.MaxFieldOverhead) + HpackEncoder.MaxBlockOverhead));

    /// <summary>The size of a request's list of fields as its recipient counts it (RFC 9113 section 6.5.2).</summary>
    public static long ListSize(RequestHead head)
    {
        long size = ListSize(head.Headers) + SizeOf(":method"u8, head.MethodName.Length) + SizeOf(":authority"u8, head.Authority.Length);
        if (head.Method != KnownMethod.Connect || !head.Protocol.IsEmpty)
        {
            size += SizeOf(":path"u8, head.Path.Length) + SizeOf(":scheme"u8, head.Scheme.Length);
            size += head.Protocol.IsEmpty ? 0 : SizeOf(":protocol"u8, head.Protocol.Length);
        }

        if (head.Headers.Present.Overlaps(NotFromHeaders))
        {
            foreach (HeaderEntry field in head.Headers)
            {
                size -= NotFromHeaders.Contains(field.Known) ? SizeOf(field.Name, field.Value.Length) : 0;
            }
        }

        Span<byte> digits = stackalloc byte[LongestLength];
        return head.Framing == MessageFraming.ContentLength && Utf8Formatter.TryFormat(head.ContentLength, digits, out int count)
            ? size + SizeOf("content-length"u8, count)
            : size;
    }

    /// <summary>The same of trailers.</summary>
    public static long ListSize(HeaderMap fields) => fields.ByteSize + ((long)fields.Count * FieldBudget.FieldOverhead);

    /// <summary>Encodes a request.</summary>
    /// <param name="encoder">The connection's.</param>
    /// <param name="head">What to send; a scheme has to be set, but for CONNECT.</param>
    /// <param name="block"><see cref="MaxSize(RequestHead)"/> bytes are always enough.</param>
    /// <returns>The number of bytes.</returns>
    public static int Write(HpackEncoder encoder, RequestHead head, Span<byte> block)
    {
        int length = encoder.Begin(block);
        int left = head.Method == KnownMethod.Connect && head.Protocol.IsEmpty ? PlainConnectFields : head.Protocol.IsEmpty ? OrdinaryFields : AllFields;

        // In the order of an HTTP/2 client, and what it did not say in Envoy's.
        for (int shift = MaxPseudoFields * OrderBits; shift >= 0; shift -= OrderBits)
        {
            PseudoField field = (PseudoField)((head.PseudoFieldOrder >> shift) & OrderMask);
            length += WriteIfLeft(encoder, head, field, ref left, block[length..]);
        }

        for (PseudoField field = PseudoField.Authority; left != 0; field++)
        {
            length += WriteIfLeft(encoder, head, field, ref left, block[length..]);
        }

        length += WriteFields(encoder, head.Headers, block[length..]);
        return head.Framing == MessageFraming.ContentLength ? length + WriteLength(encoder, head.ContentLength, block[length..]) : length;
    }

    /// <summary>
    /// Encodes an answer. 1xx, 204 and a tunnel get no length; HEAD and 304 the one that is known.
    /// </summary>
    /// <param name="encoder">The connection's.</param>
    /// <param name="head">What to send.</param>
    /// <param name="block"><see cref="MaxSize(ResponseHead)"/> bytes are always enough.</param>
    /// <returns>The number of bytes.</returns>
    public static int Write(HpackEncoder encoder, ResponseHead head, Span<byte> block)
    {
        int length = encoder.Begin(block);
        int index = HpackStaticTable.IndexOfStatus(head.Status);
        if (index > 0)
        {
            length += HpackEncoder.WriteIndexed(index, block[length..]);
        }
        else
        {
            Span<byte> status = [(byte)('0' + (head.Status / 100)), (byte)('0' + (head.Status / 10 % 10)), (byte)('0' + (head.Status % 10))];
            length += encoder.Write(KnownHeader.None, HpackStaticTable.Status200, ":status"u8, status, block[length..]);
        }

        length += WriteFields(encoder, head.Headers, block[length..]);
        bool mayHaveLength = !head.IsInterim && !head.IsTunnel && head.Status != 204 && head.Framing is MessageFraming.ContentLength or MessageFraming.None;
        return mayHaveLength && head.ContentLength >= 0 ? length + WriteLength(encoder, head.ContentLength, block[length..]) : length;
    }

    /// <summary>Encodes the trailers that may be there.</summary>
    /// <param name="encoder">The connection's.</param>
    /// <param name="trailers">The fields.</param>
    /// <param name="block"><see cref="MaxSize(HeaderMap)"/> bytes are always enough.</param>
    /// <returns>The number of bytes.</returns>
    public static int Write(HpackEncoder encoder, HeaderMap trailers, Span<byte> block)
    {
        int length = encoder.Begin(block);
        foreach (HeaderEntry field in trailers)
        {
            if (TrailerFields.IsAllowed(field.Name))
            {
                length += encoder.Write(field.Known, field.Name, field.Value, block[length..]);
            }
        }

        return length;
    }

    private static int SizeOf(ReadOnlySpan<byte> name, int valueLength) => name.Length + valueLength + FieldBudget.FieldOverhead;

    private static int WriteIfLeft(HpackEncoder encoder, RequestHead head, PseudoField field, ref int left, Span<byte> block)
    {
        int bit = 1 << (int)field;
        if ((left & bit) == 0)
        {
            return 0;
        }

        left &= ~bit;
        return field switch
        {
            PseudoField.Authority => encoder.Write(KnownHeader.None, HpackStaticTable.Authority, ":authority"u8, head.Authority, block),
            PseudoField.Path when head.Path.SequenceEqual("/"u8) => HpackEncoder.WriteIndexed(HpackStaticTable.PathSlash, block),
            PseudoField.Path => encoder.Write(KnownHeader.None, HpackStaticTable.PathSlash, ":path"u8, head.Path, block),
            PseudoField.Method when head.Method == KnownMethod.Get => HpackEncoder.WriteIndexed(HpackStaticTable.MethodGet, block),
            PseudoField.Method when head.Method == KnownMethod.Post => HpackEncoder.WriteIndexed(HpackStaticTable.MethodGet + 1, block),
            PseudoField.Method => encoder.Write(KnownHeader.None, HpackStaticTable.MethodGet, ":method"u8, head.MethodName, block),
            PseudoField.Scheme => HpackEncoder.WriteIndexed(head.Scheme.SequenceEqual("https"u8) ? HpackStaticTable.SchemeHttp + 1 : HpackStaticTable.SchemeHttp, block),
            _ => encoder.Write(KnownHeader.None, 0, ":protocol"u8, head.Protocol, block),
        };
    }

    private static int WriteFields(HpackEncoder encoder, HeaderMap headers, Span<byte> block)
    {
        int length = 0;
        int count = headers.Count;
        for (int i = 0; i < count; i++)
        {
            HeaderEntry field = headers[i];
            if (!NotFromHeaders.Contains(field.Known))
            {
                length += encoder.Write(field.Known, field.Name, field.Value, block[length..]);
            }
        }

        return length;
    }

    private static int WriteLength(HpackEncoder encoder, long contentLength, Span<byte> block)
    {
        Span<byte> digits = stackalloc byte[LongestLength];
        Utf8Formatter.TryFormat(contentLength, digits, out int count);
        return encoder.Write(KnownHeader.ContentLength, "content-length"u8, digits[..count], block);
    }
}
