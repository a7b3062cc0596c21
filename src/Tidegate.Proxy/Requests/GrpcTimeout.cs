using System.Buffers.Text;
using Tidegate.Http;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Requests;

/// <summary>Reads the <c>grpc-timeout</c> of a gRPC request: 1 to 8 digits and a unit (gRPC over HTTP/2, "Timeout").</summary>
internal static class GrpcTimeout
{
    // 8 digits.
    private const long MaxNumber = 99_999_999;

    /// <summary>The time in milliseconds, rounded up; null when the request is not gRPC, names none, or one that is malformed (edge.md, S20).</summary>
    public static long? Of(RequestHead request)
    {
        if (!request.Headers.TryGet(KnownHeader.GrpcTimeout, out ReadOnlySpan<byte> value) || !GrpcReply.IsFor(request))
        {
            return null;
        }

        return Parse(value);
    }

    /// <summary>Writes a time as the field has it, in the smallest unit that has room for it. Returns its length.</summary>
    /// <param name="milliseconds">The time; more than the field can say is the most that it can.</param>
    /// <param name="value">10 bytes are enough.</param>
    public static int Write(long milliseconds, Span<byte> value)
    {
        (long number, byte unit) = milliseconds switch
        {
            <= MaxNumber => (milliseconds, (byte)'m'),
            <= MaxNumber * 1000 => (milliseconds / 1000, (byte)'S'),
            <= MaxNumber * 60_000 => (milliseconds / 60_000, (byte)'M'),
            _ => (Math.Min(milliseconds / 3_600_000, MaxNumber), (byte)'H'),
        };
        Utf8Formatter.TryFormat(number, value, out int length);
        value[length] = unit;
        return length + 1;
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
