using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Formatting;

/// <summary>How a JSON format is written.</summary>
/// <param name="OmitEmptyValues">Whether a field whose value is missing is left out.</param>
/// <param name="SortProperties">Whether the fields are in order of their names; else in the order of the message.</param>
/// <param name="IsTyped">Whether a value is a number or null where it can be; else everything is a string (the deprecated <c>json_format</c>).</param>
public sealed record JsonFormatOptions(bool OmitEmptyValues = false, bool SortProperties = false, bool IsTyped = true);

/// <summary>
/// A compiled JSON format (Envoy: <c>json_format</c>): an object whose values are format strings. A value that is one operator
/// keeps its type: a number is a number, a missing value is null. Immutable; formatting allocates nothing.
/// </summary>
public sealed class JsonFormat
{
    private readonly Node _root;
    private readonly JsonFormatOptions _options;

    private JsonFormat(Node root, JsonFormatOptions options)
    {
        _root = root;
        _options = options;
    }

    /// <summary>Compiles a format; null with what is wrong, naming the field and the operator.</summary>
    public static JsonFormat? Compile(Struct format, JsonFormatOptions options, out string error)
    {
        Node? root = CompileObject(format, "", options, 0, out error);
        return root is null ? null : new JsonFormat(root, options);
    }

    /// <summary>Formats an exchange as one line without its end. Returns the length, or -1 when it does not fit.</summary>
    public int Format(HttpExchange exchange, Span<byte> destination)
    {
        var output = new FormatOutput(destination, ValueEscaping.Json);
        Write(exchange, ref output);
        return output.IsFull ? -1 : output.Length;
    }

    internal void Write(HttpExchange exchange, ref FormatOutput output) => TryWrite(_root, exchange, ref output);

    // False, with nothing written, when the value is missing and missing values are left out.
    private bool TryWrite(Node node, HttpExchange exchange, ref FormatOutput output)
    {
        switch (node.Kind)
        {
            case NodeKind.Literal:
                output.Literal(node.Bytes);
                return true;
            case NodeKind.Object:
                // An object all of whose values are missing is missing, but for the line itself.
                return WriteChildren(node, "{"u8, "}"u8, exchange, ref output) || !_options.OmitEmptyValues || node.Children.Length == 0 || ReferenceEquals(node, _root);
            case NodeKind.Array:
                _ = WriteChildren(node, "["u8, "]"u8, exchange, ref output);
                return true;
        }

        FormatOperator? single = _options.IsTyped ? node.Text!.SingleOperator : null;
        if (single is null)
        {
            output.Literal("\""u8);
            node.Text!.Write(exchange, ref output);
            output.Literal("\""u8);
            return true;
        }

        if (single.TryWriteJson(exchange, ref output))
        {
            return true;
        }

        if (_options.OmitEmptyValues)
        {
            return false;
        }

        output.Literal("null"u8);
        return true;
    }

    // Whether there was one.
    private bool WriteChildren(Node node, ReadOnlySpan<byte> open, ReadOnlySpan<byte> close, HttpExchange exchange, ref FormatOutput output)
    {
        output.Literal(open);
        bool isFirst = true;
        foreach (Node child in node.Children)
        {
            int start = output.Length;
            if (!isFirst)
            {
                output.Literal(","u8);
            }

            output.Literal(child.Key);
            if (TryWrite(child, exchange, ref output))
            {
                isFirst = false;
            }
            else
            {
                output.Length = start;
            }
        }

        output.Literal(close);
        return !isFirst;
    }

    private static Node? CompileObject(Struct format, string path, JsonFormatOptions options, int depth, out string error)
    {
        error = string.Empty;
        if (depth > 16)
        {
            error = $"json_format{path}: nested too deeply";
            return null;
        }

        List<Node> children = [];
        IEnumerable<KeyValuePair<string, Value>> fields = options.SortProperties ? format.Fields.OrderBy(static f => f.Key, StringComparer.Ordinal) : format.Fields;
        foreach ((string key, Value value) in fields)
        {
            Node? child = CompileValue(value, $"{path}.{key}", options, depth + 1, out error);
            if (child is null)
            {
                return null;
            }

            children.Add(child with { Key = [.. JsonSerializer.SerializeToUtf8Bytes(key, JsonFormatKeys.Default.String), (byte)':'] });
        }

        return new Node(NodeKind.Object) { Children = [.. children] };
    }

    private static Node? CompileValue(Value value, string path, JsonFormatOptions options, int depth, out string error)
    {
        error = string.Empty;
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                TextFormat? text = TextFormat.Compile(value.StringValue, options.OmitEmptyValues, out error, isJson: true);
                error = error.Length > 0 ? $"json_format{path}: {error}" : error;
                return text is null ? null : new Node(NodeKind.Format) { Text = text };
            case Value.KindOneofCase.StructValue:
                return CompileObject(value.StructValue, path, options, depth, out error);
            case Value.KindOneofCase.ListValue:
                List<Node> items = [];
                foreach (Value item in value.ListValue.Values)
                {
                    Node? child = depth > 16 ? null : CompileValue(item, $"{path}[{items.Count}]", options, depth + 1, out error);
                    if (child is null)
                    {
                        error = error.Length > 0 ? error : $"json_format{path}: nested too deeply";
                        return null;
                    }

                    items.Add(child);
                }

                return new Node(NodeKind.Array) { Children = [.. items] };
            case Value.KindOneofCase.NumberValue when double.IsFinite(value.NumberValue):
                return Literal(JsonSerializer.SerializeToUtf8Bytes(value.NumberValue, JsonFormatKeys.Default.Double));
            case Value.KindOneofCase.BoolValue:
                return Literal(value.BoolValue ? "true"u8 : "false"u8);
            case Value.KindOneofCase.NullValue:
                return Literal("null"u8);
            default:
                error = $"json_format{path}: has no value";
                return null;
        }
    }

    private static Node Literal(ReadOnlySpan<byte> bytes) => new(NodeKind.Literal) { Bytes = bytes.ToArray() };

    private enum NodeKind : byte
    {
        Literal,
        Format,
        Object,
        Array,
    }

    private sealed record Node(NodeKind Kind)
    {
        // The name with its colon; empty in arrays and at the root.
        public byte[] Key { get; init; } = [];

        public byte[] Bytes { get; init; } = [];

        public TextFormat? Text { get; init; }

        public Node[] Children { get; init; } = [];
    }
}

/// <summary>JSON of names and numbers without reflection.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
[System.Text.Json.Serialization.JsonSerializable(typeof(double))]
internal sealed partial class JsonFormatKeys : System.Text.Json.Serialization.JsonSerializerContext;
