using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;

namespace Tidegate.Proxy.Filters;

/// <summary>Reads a request's body before the request goes on, for filters that look at it.</summary>
internal static class RequestBuffering
{
    /// <summary>Reads a body. Null when it is there; otherwise the reply to give.</summary>
    /// <param name="run">The request's way through its filters.</param>
    /// <param name="maxBytes">How many bytes are read.</param>
    /// <param name="takesPart">Whether of a longer body the beginning is enough, and the rest goes on behind it; otherwise that is refused with 413.</param>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public static async ValueTask<LocalReply?> ReadAsync(FilterRun run, long maxBytes, bool takesPart)
    {
        RequestHead request = run.Exchange.Request;
        if (!takesPart && request.Framing == MessageFraming.ContentLength && request.ContentLength > maxBytes)
        {
            run.Stats.DownstreamRqTooLarge++;
            return LocalReply.PayloadTooLarge;
        }

        if (request.ExpectsContinue)
        {
            // The upstream cannot be asked before the body is here, and the client sends it only now (RFC 9110, section 10.1.1).
            request.ExpectsContinue = false;
            request.Headers.Remove(KnownHeader.Expect);
            await run.SendContinueAsync();
        }

        LocalReply? reply = await run.BufferRequestAsync(maxBytes, takesPart);
        run.Stats.DownstreamRqTooLarge += reply == LocalReply.PayloadTooLarge ? 1 : 0;
        return reply;
    }
}
