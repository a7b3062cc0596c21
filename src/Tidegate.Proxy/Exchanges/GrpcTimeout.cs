using Tidegate.Http;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Exchanges;

/// <summary>Reads the <c>grpc-timeout</c> of a gRPC request: 1 to 8 digits and a unit (gRPC over HTTP/2, "Timeout").</summary>
internal static class GrpcTimeout
{
    /// <summary>The time in milliseconds, rounded up; null when the request is not gRPC, names none, or one that is malformed (edge.md, S20).</summary>
    public static long? Of(RequestHead request)
    {
        if (!request.Headers.TryGet(KnownHeader.GrpcTimeout, out ReadOnlySpan<byte> value) || !GrpcReply.IsFor(request))
        {
            return null;
        }

        return Parse(value);
    }

    /// <summary>Reads the value of the field; null when it is malformed.</summary>
    public static long? Parse(ReadOnlySpan<byte> value)
    {
        if (value.Length is < 2 or > 9)
        {
            return null;
        }

        long number = 0;
        foreach (byte digit in value[..^1])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return null;
            }

            number = (number * 10) + (digit - '0');
        }

        return value[^1] switch
        {
            (byte)'H' => number * 3_600_000,
            (byte)'M' => number * 60_000,
            (byte)'S' => number * 1000,
            (byte)'m' => number,
            (byte)'u' => (number + 999) / 1000,
            (byte)'n' => (number + 999_999) / 1_000_000,
            _ => null,
        };
    }
}
