using Tidegate.Http.Headers;
using Tidegate.Net;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>
/// One compiled command operator (<c>%REQ(:METHOD)%</c>): takes one value from an exchange. Immutable; shared by all workers.
/// </summary>
internal abstract class FormatOperator
{
    /// <summary>Whether the value is a number, which JSON does not quote.</summary>
    public virtual bool IsNumber => false;

    /// <summary>Writes the value; false, with nothing written, when there is none.</summary>
    public abstract bool TryWrite(HttpExchange exchange, ref FormatOutput output);

    /// <summary>Writes the value as one of JSON; false, with nothing written, when there is none.</summary>
    public virtual bool TryWriteJson(HttpExchange exchange, ref FormatOutput output)
    {
        int start = output.Length;
        ReadOnlySpan<byte> quote = IsNumber ? default : "\""u8;
        output.Literal(quote);
        if (TryWrite(exchange, ref output))
        {
            output.Literal(quote);
            return true;
        }

        output.Length = start;
        return false;
    }
}

/// <summary>A number; negative for none.</summary>
internal sealed class NumberOperator(Func<HttpExchange, long> read) : FormatOperator
{
    public override bool IsNumber => true;

    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        long value = read(exchange);
        if (value < 0)
        {
            return false;
        }

        output.Number(value);
        return true;
    }
}

/// <summary>A text of the gateway's own, or from its configuration; empty or null for none.</summary>
internal sealed class TextOperator(Func<HttpExchange, string?> read, int maxLength) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        string? value = read(exchange);
        if (string.IsNullOrEmpty(value))
        {
            return false;
        }

        output.Value(value, maxLength);
        return true;
    }
}

/// <summary>Which part of an address is written.</summary>
internal enum AddressPart : byte
{
    /// <summary>Address and port.</summary>
    All,

    /// <summary>The address alone.</summary>
    WithoutPort,

    /// <summary>The port, a number.</summary>
    Port,
}

/// <summary>An address.</summary>
internal sealed class AddressOperator(Func<HttpExchange, NetAddress> read, AddressPart part, int prefixLength = 0) : FormatOperator
{
    public override bool IsNumber => part == AddressPart.Port;

    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        NetAddress address = read(exchange);
        if (!address.IsValid)
        {
            return false;
        }

        if (part == AddressPart.Port)
        {
            output.Number(address.Port);
        }
        else if (prefixLength > 0)
        {
            int length = Math.Min(prefixLength, address.IsIPv4 ? 32 : 128);
            output.Address(address.Prefix(length), withPort: false);
            output.Literal("/"u8);
            output.Number(length);
        }
        else
        {
            output.Address(address, withPort: part == AddressPart.All);
        }

        return true;
    }
}

/// <summary>The response flags, comma-separated.</summary>
internal sealed class FlagsOperator(bool isLong) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (exchange.Flags == ResponseFlags.None)
        {
            return false;
        }

        ResponseFlagNames.Write(exchange.Flags, isLong, ref output);
        return true;
    }
}

/// <summary>A time.</summary>
internal sealed class TimeOperator(Func<HttpExchange, long> readTicksUtc, TimeFormat format, bool isLocal) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        long ticks = readTicksUtc(exchange);
        if (ticks <= 0)
        {
            return false;
        }

        format.Write(new DateTime(ticks, DateTimeKind.Utc), isLocal, ref output);
        return true;
    }
}

/// <summary>A header of the request, or the value of one of its pseudo-headers.</summary>
internal sealed class RequestHeaderOperator(HeaderName name, HeaderName? alternative, int maxLength, bool withoutQuery) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        ReadOnlySpan<byte> value = name.Of(exchange);
        if (value.IsEmpty && alternative is not null)
        {
            value = alternative.Of(exchange);
        }

        if (withoutQuery)
        {
            int query = value.IndexOf((byte)'?');
            value = query < 0 ? value : value[..query];
        }

        if (value.IsEmpty)
        {
            return false;
        }

        output.Value(value, maxLength);
        return true;
    }
}

/// <summary>A header of the answer.</summary>
internal sealed class ResponseHeaderOperator(HeaderName name, HeaderName? alternative, int maxLength) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (name.IsStatus)
        {
            if (exchange.ResponseStatus == 0)
            {
                return false;
            }

            output.Number(exchange.ResponseStatus);
            return true;
        }

        ReadOnlySpan<byte> value = name.Of(exchange.Response.Headers);
        if (value.IsEmpty && alternative is not null)
        {
            value = alternative.Of(exchange.Response.Headers);
        }

        if (value.IsEmpty)
        {
            return false;
        }

        output.Value(value, maxLength);
        return true;
    }
}

/// <summary>The gRPC status of an answer, from its head or its trailers.</summary>
internal sealed class GrpcStatusOperator(GrpcStatusNames.Style style) : FormatOperator
{
    public override bool IsNumber => style == GrpcStatusNames.Style.Number;

    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (!GrpcReply.IsFor(exchange.Request))
        {
            return false;
        }

        // Envoy: a status that is no number is -1; where there is none, the HTTP status says it.
        int status = GrpcStatusNames.StatusOf(exchange);
        if (status < 0 && !GrpcStatusNames.HasStatus(exchange))
        {
            status = GrpcReply.CodeOf(exchange.ResponseStatus);
        }

        if (style == GrpcStatusNames.Style.Number || status < 0)
        {
            output.Number(status);
        }
        else
        {
            output.Value(GrpcStatusNames.NameOf(status, style));
        }

        return true;
    }
}

/// <summary>The body of an answer of our own; empty where an upstream answered.</summary>
internal sealed class LocalReplyBodyOperator(int maxLength) : FormatOperator
{
    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (exchange.LocalReplyBody.IsEmpty)
        {
            return false;
        }

        output.Value(exchange.LocalReplyBody.Span, maxLength);
        return true;
    }
}

/// <summary>An operator that Envoy has and that never has a value here.</summary>
internal sealed class AbsentOperator : FormatOperator
{
    public static readonly AbsentOperator Instance = new();

    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output) => false;
}

/// <summary>The name of a header, looked up once.</summary>
internal sealed class HeaderName
{
    private readonly byte[] _name;
    private readonly KnownHeader _known;
    private readonly PseudoHeader _pseudo;

    public HeaderName(string name)
    {
        _name = System.Text.Encoding.ASCII.GetBytes(name);
        _known = KnownHeaders.Find(_name);
        _pseudo = name.ToLowerInvariant() switch
        {
            ":method" => PseudoHeader.Method,
            ":path" => PseudoHeader.Path,
            ":authority" or "host" => PseudoHeader.Authority,
            ":scheme" => PseudoHeader.Scheme,
            _ => PseudoHeader.None,
        };
    }

    private enum PseudoHeader : byte
    {
        None,
        Method,
        Path,
        Authority,
        Scheme,
    }

    /// <summary>Whether it is <c>:status</c>, the one pseudo-header of an answer.</summary>
    public bool IsStatus => _name.AsSpan().SequenceEqual(":status"u8);

    /// <summary>The value in a request, empty for none.</summary>
    public ReadOnlySpan<byte> Of(HttpExchange exchange) => _pseudo == PseudoHeader.None ? Of(exchange.Request.Headers)
        : !exchange.HasRequestHead ? default
        : _pseudo switch
        {
            PseudoHeader.Method => exchange.Request.MethodName,
            PseudoHeader.Path => exchange.Request.Path,
            PseudoHeader.Authority => exchange.Request.Authority,
            _ => exchange.Request.Scheme,
        };

    /// <summary>The value of the first field of that name, empty for none.</summary>
    public ReadOnlySpan<byte> Of(HeaderMap headers) =>
        (_known != KnownHeader.None ? headers.TryGet(_known, out ReadOnlySpan<byte> value) : headers.TryGet(_name, out value)) ? value : default;
}
