using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// Reads a request whole before it goes upstream, so that a slow client does not occupy a service (Envoy: <c>envoy.filters.http.buffer</c>).
/// A body that is longer than allowed is refused with 413.
/// </summary>
internal sealed class BufferFilter(long maxRequestBytes) : HttpFilter
{
    /// <summary>How long a body may be.</summary>
    public long MaxRequestBytes => maxRequestBytes;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) =>
        run.Exchange.Request.Framing == MessageFraming.None ? default : BufferAsync(run);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<LocalReply?> BufferAsync(FilterRun run)
    {
        RequestHead request = run.Exchange.Request;
        if (request.Framing == MessageFraming.ContentLength && request.ContentLength > maxRequestBytes)
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

        LocalReply? reply = await run.BufferRequestAsync(maxRequestBytes);
        if (reply == LocalReply.PayloadTooLarge)
        {
            run.Stats.DownstreamRqTooLarge++;
        }
        else if (reply is null)
        {
            request.Framing = MessageFraming.ContentLength; // it is known now
            request.ContentLength = run.Exchange.RequestBodyBytes;
        }

        return reply;
    }
}
