using System.Runtime.CompilerServices;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Filters.GrpcWeb;

/// <summary>
/// Lets browsers speak gRPC, who can neither send nor read trailers: makes gRPC-Web requests gRPC, and puts the trailers of their answers behind the messages (Envoy:
/// <c>envoy.filters.http.grpc_web</c>; http2-envoy.md, section 7). What is no gRPC-Web goes through as it is.
/// </summary>
internal sealed class GrpcWebFilter : HttpFilter
{
    // What a message of ours or of an upstream may have in the field that it is moved to.
    private const int MaxMessageBytes = 16 * 1024;

    private static readonly LocalReply Undecodable =
        new(400, "Bad gRPC-web request, invalid base64 data."u8.ToArray(), ResponseFlags.None, "grpc_base_64_decode_failed");

    private static readonly LocalReply CutInAGroup = Undecodable with { Details = "grpc_base_64_decode_failed_bad_size" };

    private static ReadOnlySpan<byte> Binary => "application/grpc-web"u8;

    private static ReadOnlySpan<byte> Text => "application/grpc-web-text"u8;

    private static ReadOnlySpan<byte> BinaryOfProtobuf => "application/grpc-web+proto"u8;

    private static ReadOnlySpan<byte> TextOfProtobuf => "application/grpc-web-text+proto"u8;

    /// <inheritdoc/>
    public override bool SeesRequestData => true;

    /// <inheritdoc/>
    public override bool SeesResponseData => true;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
    {
        RequestHead request = run.Exchange.Request;
        request.Headers.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type);
        bool isText = type.SequenceEqual(Text) || type.SequenceEqual(TextOfProtobuf);
        if (!isText && !type.SequenceEqual(Binary) && !type.SequenceEqual(BinaryOfProtobuf))
        {
            return default;
        }

        GrpcWebState state = run.StateOf<GrpcWebState>();
        request.Headers.TryGet(KnownHeader.Accept, out ReadOnlySpan<byte> accept);
        state.Begin(isText, isTextAnswer: accept.SequenceEqual(Text) || accept.SequenceEqual(TextOfProtobuf));
        request.Headers.Set(KnownHeader.ContentType, "application/grpc"u8);
        request.Headers.Set(KnownHeader.Te, "trailers"u8);
        request.Headers.Set("grpc-accept-encoding"u8, "identity"u8);
        if (request.Framing == MessageFraming.ContentLength)
        {
            request.Framing = request.IsEnd ? MessageFraming.None : MessageFraming.Chunked;
            request.ContentLength = -1;
        }

        return default;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> OnRequestDataAsync(FilterRun run, ReadOnlyMemory<byte> data)
    {
        GrpcWebState state = run.StateOf<GrpcWebState>();
        if (!state.IsTextRequest)
        {
            return new ValueTask<ReadOnlyMemory<byte>>(data);
        }

        if (!state.Decoder.TryDecode(data.Span, out data))
        {
            run.Refuse(Undecodable);
        }

        return new ValueTask<ReadOnlyMemory<byte>>(data);
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> OnRequestEndAsync(FilterRun run)
    {
        GrpcWebState state = run.StateOf<GrpcWebState>();
        if (state.IsTextRequest && !state.Decoder.IsAtEndOfGroup)
        {
            run.Refuse(CutInAGroup);
        }

        return default;
    }

    /// <inheritdoc/>
    public override ValueTask OnResponseAsync(FilterRun run)
    {
        GrpcWebState state = run.StateOf<GrpcWebState>();
        if (!state.IsActive)
        {
            return default;
        }

        ResponseHead response = run.Exchange.Response;
        bool hasBody = response.Framing != MessageFraming.None && response.ContentLength != 0;
        if (hasBody && !IsGrpc(response))
        {
            return MoveBodyAsync(run, state);
        }

        SetType(response, state);
        if (hasBody)
        {
            response.Framing = MessageFraming.Chunked; // the trailers are behind it
            response.ContentLength = -1;
            state.IsEncoding = true;
        }

        return default;
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> OnResponseDataAsync(FilterRun run, ReadOnlyMemory<byte> data)
    {
        GrpcWebState state = run.StateOf<GrpcWebState>();
        return new ValueTask<ReadOnlyMemory<byte>>(state is { IsEncoding: true, IsTextAnswer: true } ? state.Encoder.Encode(data.Span) : data);
    }

    /// <inheritdoc/>
    public override ValueTask<ReadOnlyMemory<byte>> OnResponseEndAsync(FilterRun run)
    {
        GrpcWebState state = run.StateOf<GrpcWebState>();
        if (!state.IsEncoding)
        {
            return default;
        }

        ReadOnlyMemory<byte> rest = state.WriteTrailers(run.Exchange.ResponseTrailers);
        run.Exchange.ResponseTrailers.Clear();
        return new ValueTask<ReadOnlyMemory<byte>>(state.IsTextAnswer ? state.Encoder.EncodeLast(rest.Span) : rest);
    }

    private static bool IsGrpc(ResponseHead response) =>
        response.Status == 200
        && response.Headers.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type)
        && GrpcReply.IsGrpc(type);

    private static void SetType(ResponseHead response, GrpcWebState state) =>
        response.Headers.Set(KnownHeader.ContentType, state.IsTextAnswer ? TextOfProtobuf : BinaryOfProtobuf);

    // An answer that is no gRPC, be it an upstream's or our own: its status stays, and says which of gRPC it is; what it says becomes the message.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask MoveBodyAsync(FilterRun run, GrpcWebState state)
    {
        ReadOnlyMemory<byte> message = await run.TakeAnswerAsync(MaxMessageBytes);
        ResponseHead response = run.Exchange.Response;
        run.Exchange.ResponseTrailers.Clear();
        SetType(response, state);
        response.Headers.Set(KnownHeader.GrpcStatus, GrpcReply.StatusOf(response.Status));
        GrpcReply.SetMessage(response.Headers, message.Span);
        response.Framing = MessageFraming.ContentLength;
        response.ContentLength = 0;
    }
}
