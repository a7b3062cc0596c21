using System.Runtime.CompilerServices;
using Tidegate.Http;
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
        LocalReply? reply = await RequestBuffering.ReadAsync(run, maxRequestBytes, takesPart: false);
        if (reply is null)
        {
            request.Framing = MessageFraming.ContentLength; // it is known now
            request.ContentLength = run.Exchange.RequestBodyBytes;
        }

        return reply;
    }
}
