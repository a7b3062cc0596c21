using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Requests;

/// <summary>
/// What answers of our own look like to gRPC clients: status 200, the gRPC status as a field, and what would have been the body as its message
/// (Envoy: local replies to gRPC requests; gRPC over HTTP/2).
/// </summary>
internal static class GrpcReply
{
    /// <summary>Whether a request is gRPC: by its content type, without parameters and in lower case, as Envoy has it.</summary>
    public static bool IsFor(RequestHead request) =>
        request.Headers.TryGet(KnownHeader.ContentType, out ReadOnlySpan<byte> type) && IsGrpc(type);

    /// <summary>Whether a content type is that of gRPC.</summary>
    public static bool IsGrpc(ReadOnlySpan<byte> contentType) =>
        contentType.StartsWith("application/grpc"u8) && (contentType.Length == 16 || contentType[16] == (byte)'+');

    /// <summary>Writes the head; the answer has no body. Fields that are there stay.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="grpcStatus">The gRPC status, a number in ASCII.</param>
    /// <param name="message">What was to be said, in UTF-8; empty for nothing.</param>
    public static void WriteTo(ResponseHead response, ReadOnlySpan<byte> grpcStatus, ReadOnlySpan<byte> message)
    {
        response.Status = 200;
        response.Headers.Set(KnownHeader.ContentType, "application/grpc"u8);
        response.Headers.Set(KnownHeader.GrpcStatus, grpcStatus);
        SetMessage(response.Headers, message);
        response.Framing = MessageFraming.None;
        response.ContentLength = -1;
    }

    /// <summary>Sets the message of a gRPC status; without effect when there is none.</summary>
    public static void SetMessage(HeaderMap headers, ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty)
        {
            return;
        }

        var encoded = new ByteBuilder(stackalloc byte[512]);
        AppendPercentEncoded(message, ref encoded);
        headers.Set(KnownHeader.GrpcMessage, encoded.Written);
        encoded.Dispose();
    }

    /// <summary>The gRPC status that an HTTP status stands for (gRPC: "HTTP to gRPC Status Code Mapping").</summary>
    public static int CodeOf(int httpStatus) => httpStatus switch
    {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 or 502 or 503 or 504 => 14,
        _ => 2,
    };

    /// <summary>The same as a number in ASCII.</summary>
    public static ReadOnlySpan<byte> StatusOf(int httpStatus) => CodeOf(httpStatus) switch
    {
        13 => "13"u8,
        16 => "16"u8,
        7 => "7"u8,
        12 => "12"u8,
        14 => "14"u8,
        _ => "2"u8,
    };

    /// <summary>The HTTP status for a gRPC one, for those that count by HTTP statuses (google.rpc.Code).</summary>
    public static int HttpStatusOf(int grpcStatus) => grpcStatus switch
    {
        0 => 200,
        1 => 499,
        3 or 9 or 11 => 400,
        4 => 504,
        5 => 404,
        6 or 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 500,
    };

    // gRPC over HTTP/2, Status-Message: printable ASCII but for the percent sign stands for itself.
    private static void AppendPercentEncoded(ReadOnlySpan<byte> text, ref ByteBuilder to)
    {
        ReadOnlySpan<byte> digits = "0123456789ABCDEF"u8;
        foreach (byte value in text)
        {
            if (value is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                to.Append(value);
            }
            else
            {
                to.Append((byte)'%');
                to.Append(digits[value >> 4]);
                to.Append(digits[value & 0x0F]);
            }
        }
    }
}
