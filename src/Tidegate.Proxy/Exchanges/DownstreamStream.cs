using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Filters.Compression;
using Tidegate.Proxy.Listeners;

namespace Tidegate.Proxy.Exchanges;

/// <summary>
/// One request of a client and its answer, on whatever protocol carries them. The exchange reads and writes messages here; keep-alive, chunks,
/// frames, windows and lingering are behind it. A stream is used by one worker. Three rules hold for every implementation:
/// a piece of body that was read is valid until the next read, which also gives its credit back; at most one read and one write wait at a time,
/// and <see cref="Reset"/> ends both, after the call; nothing of an answer is ended cleanly but by <see cref="EndAsync"/>.
/// </summary>
internal abstract class DownstreamStream(Worker worker)
{
    /// <summary>The worker that owns it.</summary>
    public Worker Worker => worker;

    /// <summary>The request that is being served.</summary>
    public HttpExchange Exchange { get; } = new();

    /// <summary>The client's connection.</summary>
    public abstract DownstreamConnection Connection { get; }

    /// <summary>Whether the whole request has been read, its trailers included.</summary>
    public bool IsRequestComplete { get; protected set; }

    /// <summary>Whether any byte of an answer has been handed over.</summary>
    public bool IsResponseStarted { get; protected set; }

    /// <summary>Whether the answer was ended.</summary>
    public bool IsResponseComplete { get; protected set; }

    /// <summary>Whether the client is known to have gone.</summary>
    public abstract bool IsClientGone { get; }

    /// <summary>Whether a write waits for the client: for its socket, or for its window.</summary>
    public abstract bool IsWriting { get; }

    /// <summary>What makes the answer's body another one on its way to the client; null leaves it as it is.</summary>
    public BodyEncoder? BodyEncoder { get; set; }

    /// <summary>The next piece of the request's body that is already here; <see cref="BodyRead.Ok"/> with none when nothing is.</summary>
    public abstract BodyRead TryReadBody(out ReadOnlyMemory<byte> data);

    /// <summary>Waits for more of the request's body.</summary>
    public abstract ValueTask<BodyRead> WaitForBodyAsync();

    /// <summary>Ends that wait with <see cref="BodyRead.Closed"/>, after the call; without effect when nobody waits.</summary>
    public abstract void CancelBodyWait();

    /// <summary>Nobody reads what is left of the request: what is here is dropped; of what is not, the protocol takes care.</summary>
    public abstract void DropRequest();

    /// <summary>Sends an interim answer (1xx but 101), where the client's protocol knows them. False: the client is gone.</summary>
    public abstract ValueTask<bool> SendInterimAsync(ResponseHead head);

    /// <summary>
    /// Appends the answer's head; it leaves with the first send. Its framing says whether a body follows and whether its length is known; how the
    /// client sees the end of it is decided here.
    /// </summary>
    public abstract void AppendHead(ResponseHead head);

    /// <summary>
    /// From here on both ways carry bytes of another protocol until each side ends (an upgrade, or CONNECT): body reads and writes are the
    /// tunnel's. After the head of the answer that agrees to it was appended.
    /// </summary>
    public abstract void BecomeTunnel();

    /// <summary>Appends or sends a piece of the answer's body. False: the client is gone.</summary>
    public ValueTask<bool> WriteBodyAsync(ReadOnlyMemory<byte> data)
    {
        if (BodyEncoder is not null)
        {
            data = BodyEncoder.Encode(data.Span);
        }

        return data.IsEmpty ? new ValueTask<bool>(true) : WriteEncodedAsync(data);
    }

    /// <summary>Sends what is appended. False: the client is gone.</summary>
    public ValueTask<bool> FlushAsync() => BodyEncoder is { HasUnflushed: true } encoder ? FlushEncoderAsync(encoder) : FlushEncodedAsync();

    /// <summary>Ends the answer, with the exchange's trailers if there are any, and sends what is left of it. False: the client is gone.</summary>
    public ValueTask<bool> EndAsync() => BodyEncoder is null ? EndEncodedAsync(Exchange.ResponseTrailers) : EndEncoderAsync(BodyEncoder);

    /// <summary>
    /// Ends the stream here and now: the client must not take what it has for whole. What waits for the stream ends with failure, after the call.
    /// What it means for the connection is the protocol's business. Without effect when the stream has ended.
    /// </summary>
    public abstract void Reset(StreamReset reason);

    /// <summary>Appends or sends a piece of the answer's body, not empty, as it is on the wire. False: the client is gone.</summary>
    protected abstract ValueTask<bool> WriteEncodedAsync(ReadOnlyMemory<byte> data);

    /// <summary>Sends what is appended. False: the client is gone.</summary>
    protected abstract ValueTask<bool> FlushEncodedAsync();

    /// <summary>Ends the answer, with trailers if there are any, and sends what is left of it. False: the client is gone.</summary>
    protected abstract ValueTask<bool> EndEncodedAsync(HeaderMap trailers);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> WriteUnlessEmptyAsync(ReadOnlyMemory<byte> data) => data.IsEmpty || await WriteEncodedAsync(data);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> FlushEncoderAsync(BodyEncoder encoder) => await WriteUnlessEmptyAsync(encoder.Flush()) && await FlushEncodedAsync();

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> EndEncoderAsync(BodyEncoder encoder) =>
        await WriteUnlessEmptyAsync(encoder.Finish()) && await EndEncodedAsync(Exchange.ResponseTrailers);
}
