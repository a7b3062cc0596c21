using System.Buffers.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Upstream;

/// <summary>
/// How often a request has come back to this gateway, because a route leads to one of its own listeners. The count travels in a field of ours, on connections to
/// such a listener and no others, so that what never comes back costs nothing.
/// </summary>
internal static class HopCount
{
    /// <summary>Reads the count that a request came with, which is no concern of anybody behind. From outside it can only be too high, which harms who sent it.</summary>
    public static void Read(RequestHead request)
    {
        if (request.Headers.TryGet(KnownHeader.XTidegateHops, out ReadOnlySpan<byte> value) && Utf8Parser.TryParse(value, out int hops, out _) && hops > 0)
        {
            request.HopCount = hops;
        }
    }

    /// <summary>Counts where the stream leads back to us, before the head is appended. False: the request has gone round often enough.</summary>
    /// <param name="stream">Where the request goes.</param>
    /// <param name="request">The request.</param>
    /// <param name="limit">How often it may.</param>
    public static bool TryAdd(UpstreamStream stream, RequestHead request, int limit)
    {
        if (stream.LeadsBack)
        {
            if (request.HopCount >= limit)
            {
                return false;
            }

            Span<byte> digits = stackalloc byte[11];
            Utf8Formatter.TryFormat(request.HopCount + 1, digits, out int length);
            request.Headers.Set(KnownHeader.XTidegateHops, digits[..length]);
        }
        else if (request.Headers.Contains(KnownHeader.XTidegateHops))
        {
            request.Headers.Remove(KnownHeader.XTidegateHops); // an attempt before this one went there
        }

        return true;
    }
}
