using System.Buffers.Text;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>The names of the gRPC status codes (Envoy: access log <c>%GRPC_STATUS%</c>).</summary>
internal static class GrpcStatusNames
{
    private static readonly string[] Camel =
    [
        "OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists", "PermissionDenied", "ResourceExhausted",
        "FailedPrecondition", "Aborted", "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated",
    ];

    private static readonly string[] Snake =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    private static readonly string[] Invalid = [.. Enumerable.Range(0, 100).Select(static i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>How a status is written.</summary>
    public enum Style : byte
    {
        /// <summary><c>InvalidArgument</c></summary>
        Camel,

        /// <summary><c>INVALID_ARGUMENT</c></summary>
        Snake,

        /// <summary><c>3</c></summary>
        Number,
    }

    /// <summary>The status of an answer, from its head or else its trailers; -1 for none or nonsense.</summary>
    public static int StatusOf(HttpExchange exchange) =>
        StatusOf(exchange.Response.Headers) is >= 0 and int status ? status : StatusOf(exchange.ResponseTrailers);

    /// <summary>Whether an answer has a status at all, be it nonsense.</summary>
    public static bool HasStatus(HttpExchange exchange) =>
        exchange.Response.Headers.Contains("grpc-status"u8) || exchange.ResponseTrailers.Contains("grpc-status"u8);

    /// <summary>The status that a head or a trailer section has; -1 for none or nonsense.</summary>
    public static int StatusOf(HeaderMap headers) =>
        headers.TryGet("grpc-status"u8, out ReadOnlySpan<byte> value) && Utf8Parser.TryParse(value, out uint status, out int read) && read == value.Length && status < 100
            ? (int)status
            : -1;

    /// <summary>The name of a status; its number when it has none.</summary>
    public static string NameOf(int status, Style style)
    {
        string[] names = style == Style.Camel ? Camel : Snake;
        return status < names.Length ? names[status] : Invalid[status];
    }
}
