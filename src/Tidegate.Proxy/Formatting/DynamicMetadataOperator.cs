using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing.Metadata;

namespace Tidegate.Proxy.Formatting;

/// <summary>What filters have noted of the exchange, by filter and names; an object or a list as JSON (Envoy: <c>%DYNAMIC_METADATA(FILTER:NAME)%</c>).</summary>
internal sealed class DynamicMetadataOperator(IReadOnlyList<string> path, int maxLength) : FormatOperator
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    private readonly string[] _names = [.. path.Skip(2)];

    public override bool TryWrite(HttpExchange exchange, ref FormatOutput output)
    {
        if (Find(exchange) is { Kind: MetadataKind.Text } text)
        {
            output.Value(text.Text, maxLength);
            return true;
        }

        ReadOnlySpan<byte> json = Json(exchange);
        if (json.IsEmpty)
        {
            return false;
        }

        // JSON has no character that would have to be escaped in a line of text.
        if (maxLength == int.MaxValue && output.Escaping == ValueEscaping.Text)
        {
            output.Literal(json);
        }
        else
        {
            output.Value(json, maxLength);
        }

        return true;
    }

    public override bool TryWriteJson(HttpExchange exchange, ref FormatOutput output)
    {
        ReadOnlySpan<byte> json = maxLength == int.MaxValue && Find(exchange) is not { Kind: MetadataKind.Text } ? Json(exchange) : default;
        if (json.IsEmpty)
        {
            return base.TryWriteJson(exchange, ref output);
        }

        output.Literal(json);
        return true;
    }

    // Null where there is nothing, and where all of a filter is asked for.
    private MetadataValue? Find(HttpExchange exchange) =>
        path.Count < 2 ? null : exchange.DynamicMetadata.Find(path[0], path[1])?.Find(_names) is { Kind: not MetadataKind.Null } value ? value : null;

    private ReadOnlySpan<byte> Json(HttpExchange exchange)
    {
        MetadataValue? value = Find(exchange);
        if (exchange.DynamicMetadata.IsEmpty || (path.Count < 2 ? !exchange.DynamicMetadata.Has(path[0]) : value is null))
        {
            return default;
        }

        _buffer ??= new ArrayBufferWriter<byte>();
        _buffer.ResetWrittenCount();
        _json ??= new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        _json.Reset(_buffer);
        if (value is null)
        {
            exchange.DynamicMetadata.WriteTo(_json, path[0]);
        }
        else
        {
            value.WriteTo(_json);
        }

        _json.Flush();
        return _buffer.WrittenSpan;
    }
}
