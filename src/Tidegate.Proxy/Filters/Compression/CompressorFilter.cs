using System.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.Compression;

/// <summary>
/// Compresses answers for clients that take it (Envoy: <c>envoy.filters.http.compressor</c>). Several in a chain, one for each coding,
/// agree on the one that the client likes best.
/// </summary>
internal sealed class CompressorFilter(CompressorRule rule) : HttpFilter
{
    private StatScope<CompressorStats>? _stats;

    /// <inheritdoc/>
    public override bool IsInert => !rule.IsEnabled;

    /// <summary>What it does.</summary>
    public CompressorRule Rule => rule;

    /// <inheritdoc/>
    public override HttpFilter ForRoute(RouteFilterConfig config) =>
        config.Settings is CompressorOverride { RemovesAcceptEncoding: { } removes } && removes != rule.RemovesAcceptEncoding
            ? new CompressorFilter(rule with { RemovesAcceptEncoding = removes })
            : this;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        run.ChooseCoding(); // before anybody takes the field off the request
        if (rule.RemovesAcceptEncoding)
        {
            run.Exchange.Request.Headers.Remove(KnownHeader.AcceptEncoding);
        }

        return default;
    }

    /// <inheritdoc/>
    public override void OnResponse(FilterRun run)
    {
        _stats ??= run.Worker.Stats.AddCompressor(run.StatScope, rule.StatName);
        CompressorStats stats = _stats.ForWorker(run.Worker.Index);
        ResponseHead response = run.Exchange.Response;
        bool isLongEnough = IsLongEnough(response, stats);
        bool isCompressible = isLongEnough && IsCompressible(response, stats);
        if (isLongEnough && IsChosen(run, stats) && isCompressible && !run.Worker.Memory.IsScarce)
        {
            Compress(run, response, stats);
        }
        else
        {
            stats.NotCompressed++;
        }

        // Caches have to know it of the uncompressed answer as well.
        if (isCompressible)
        {
            AddVary(response.Headers);
        }
    }

    /// <inheritdoc/>
    public override void OnEnd(FilterRun run)
    {
        if (run.State == 1)
        {
            CompressorStats stats = _stats!.ForWorker(run.Worker.Index);
            stats.TotalUncompressedBytes += run.UncodedBytes;
            stats.TotalCompressedBytes += run.Exchange.ResponseBodyBytes;
        }
    }

    private void Compress(FilterRun run, ResponseHead response, CompressorStats stats)
    {
        stats.Compressed++;
        run.State = 1;
        HeaderMap headers = response.Headers;
        if (headers.TryGet(KnownHeader.ETag, out ReadOnlySpan<byte> etag) && etag.Length > 2 && !(etag[0] is (byte)'W' or (byte)'w' && etag[1] == (byte)'/'))
        {
            headers.Remove(KnownHeader.ETag); // it stands for the bytes as they were (RFC 9110, section 8.8.1)
        }

        headers.Remove(KnownHeader.ContentLength);
        headers.Remove("accept-ranges"u8); // ranges would be of other bytes
        headers.Set(KnownHeader.ContentEncoding, rule.Coding);
        response.Framing = MessageFraming.Chunked;
        response.ContentLength = -1;
        run.EncodeBody(rule.MakeEncoder(), rule.EncoderBytes);
    }

    // No body, no compression; a length that is not known is long enough.
    private bool IsLongEnough(ResponseHead response, CompressorStats stats)
    {
        if (response.Framing == MessageFraming.None || (response.Framing == MessageFraming.ContentLength && response.ContentLength == 0))
        {
            return false;
        }

        if (response.Framing == MessageFraming.ContentLength && response.ContentLength < rule.MinContentLength)
        {
            stats.ContentLengthTooSmall++;
            return false;
        }

        return true;
    }

    private bool IsCompressible(ResponseHead response, CompressorStats stats)
    {
        HeaderMap headers = response.Headers;

        // A part of the uncompressed answer is no part of the compressed one (RFC 9110, section 14.2).
        if (response.Status == 206 || headers.Contains(KnownHeader.ContentEncoding) || !IsOfType(headers) || HasToken(headers, KnownHeader.CacheControl, "no-transform"u8))
        {
            return false;
        }

        if (rule.SkipsEtags && headers.Contains(KnownHeader.ETag))
        {
            stats.NotCompressedEtag++;
            return false;
        }

        return true;
    }

    private bool IsOfType(HeaderMap headers)
    {
        if (!headers.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type))
        {
            return true;
        }

        int semicolon = type.IndexOf((byte)';');
        type = (semicolon < 0 ? type : type[..semicolon]).Trim(" \t"u8);
        Span<char> text = stackalloc char[128];
        return Encoding.ASCII.TryGetChars(type, text, out int length)
            && rule.ContentTypes.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text[..length]);
    }

    private static bool IsChosen(FilterRun run, CompressorStats stats)
    {
        CodingVerdict verdict = run.ChooseCoding();
        bool isMine = run.IsChosenCoding;
        switch (verdict)
        {
            case CodingVerdict.NoHeader:
                stats.NoAcceptHeader++;
                return false;
            case CodingVerdict.Identity:
                stats.HeaderIdentity++;
                return false;
            case CodingVerdict.Wildcard:
                stats.HeaderWildcard++;
                return isMine;
            case CodingVerdict.Named when isMine:
                stats.HeaderCompressorUsed++;
                return true;
            case CodingVerdict.Named:
                stats.HeaderCompressorOvershadowed++;
                return false;
            default:
                stats.HeaderNotValid++;
                return false;
        }
    }

    private static bool HasToken(HeaderMap headers, KnownHeader name, ReadOnlySpan<byte> token)
    {
        int position = 0;
        while (headers.TryGetNext(name, ref position, out ReadOnlySpan<byte> value))
        {
            while (!value.IsEmpty)
            {
                int comma = value.IndexOf((byte)',');
                if (HttpTokens.EqualsIgnoreCase((comma < 0 ? value : value[..comma]).Trim(" \t"u8), token))
                {
                    return true;
                }

                value = comma < 0 ? default : value[(comma + 1)..];
            }
        }

        return false;
    }

    private static void AddVary(HeaderMap headers)
    {
        if (HasToken(headers, KnownHeader.Vary, "accept-encoding"u8) || HasToken(headers, KnownHeader.Vary, "*"u8))
        {
            return;
        }

        var vary = new ByteBuilder(stackalloc byte[256]);
        int position = 0;
        while (headers.TryGetNext(KnownHeader.Vary, ref position, out ReadOnlySpan<byte> value))
        {
            vary.Append(value);
            vary.Append(", "u8);
        }

        vary.Append("Accept-Encoding"u8);
        headers.Set(KnownHeader.Vary, vary.Written);
        vary.Dispose();
    }
}
