using System.Text;
using System.Text.Json;
using Google.Protobuf.WellKnownTypes;

namespace Tidegate.Proxy.Routing.Metadata;

/// <summary>What a <see cref="MetadataValue"/> is.</summary>
internal enum MetadataKind : byte
{
    /// <summary>null.</summary>
    Null,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A text.</summary>
    Text,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>Values by name.</summary>
    Struct,

    /// <summary>Values in order.</summary>
    List,
}

/// <summary>A value of dynamic metadata (Envoy: <c>google.protobuf.Value</c>). Immutable, so that what is known of a token or a policy is shared by requests.</summary>
internal sealed class MetadataValue
{
    /// <summary>null.</summary>
    public static readonly MetadataValue Null = new() { Kind = MetadataKind.Null };

    /// <summary>true.</summary>
    public static readonly MetadataValue True = new() { Kind = MetadataKind.Boolean, Boolean = true };

    /// <summary>false.</summary>
    public static readonly MetadataValue False = new() { Kind = MetadataKind.Boolean };

    private static readonly Dictionary<string, MetadataValue> NoMembers = [];

    private readonly byte[] _text = [];

    private MetadataValue()
    {
    }

    /// <summary>What it is.</summary>
    public MetadataKind Kind { get; private init; }

    /// <summary>The text, in UTF-8.</summary>
    public ReadOnlySpan<byte> Text => _text;

    /// <summary>The number.</summary>
    public double Number { get; private init; }

    /// <summary>The truth value.</summary>
    public bool Boolean { get; private init; }

    /// <summary>The list.</summary>
    public MetadataValue[] Items { get; private init; } = [];

    /// <summary>The values by name.</summary>
    public Dictionary<string, MetadataValue> Members { get; private init; } = NoMembers;

    /// <summary>A text.</summary>
    public static MetadataValue Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>A text, in UTF-8.</summary>
    public static MetadataValue Of(byte[] text) => new(text) { Kind = MetadataKind.Text };

    /// <summary>A number.</summary>
    public static MetadataValue Of(double number) => new() { Kind = MetadataKind.Number, Number = number };

    /// <summary>A truth value.</summary>
    public static MetadataValue Of(bool value) => value ? True : False;

    /// <summary>A list.</summary>
    public static MetadataValue Of(MetadataValue[] items) => new() { Kind = MetadataKind.List, Items = items };

    /// <summary>Values by name, which nobody may change any more.</summary>
    public static MetadataValue Of(Dictionary<string, MetadataValue> members) => new() { Kind = MetadataKind.Struct, Members = members };

    /// <summary>A value of JSON. Members that are there twice have to be refused before.</summary>
    /// <exception cref="FormatException">A number is beyond what a double holds.</exception>
    public static MetadataValue Of(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Of(json.EnumerateObject().ToDictionary(static member => member.Name, static member => Of(member.Value), StringComparer.Ordinal)),
        JsonValueKind.Array => Of(json.EnumerateArray().Select(static item => Of(item)).ToArray()),
        JsonValueKind.String => Of(json.GetString()!),
        JsonValueKind.Number => double.IsFinite(json.GetDouble()) ? Of(json.GetDouble()) : throw new FormatException("a number is out of range"),
        JsonValueKind.True => True,
        JsonValueKind.False => False,
        _ => Null,
    };

    /// <summary>A value of protobuf.</summary>
    public static MetadataValue Of(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.NumberValue => Of(value.NumberValue),
        Value.KindOneofCase.StringValue => Of(value.StringValue),
        Value.KindOneofCase.BoolValue => Of(value.BoolValue),
        Value.KindOneofCase.StructValue => Of(value.StructValue),
        Value.KindOneofCase.ListValue => Of(value.ListValue.Values.Select(static item => Of(item)).ToArray()),
        _ => Null,
    };

    /// <summary>Values by name of protobuf.</summary>
    public static MetadataValue Of(Struct value) =>
        Of(value.Fields.ToDictionary(static field => field.Key, static field => Of(field.Value), StringComparer.Ordinal));

    private MetadataValue(byte[] text) => _text = text;

    /// <summary>The value behind some names, one within the other; null when it is not there.</summary>
    public MetadataValue? Find(ReadOnlySpan<string> path)
    {
        MetadataValue? value = this;
        foreach (string name in path)
        {
            value = value is { Kind: MetadataKind.Struct } ? value.Members.GetValueOrDefault(name) : null;
        }

        return value;
    }

    /// <summary>Writes it as JSON.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        switch (Kind)
        {
            case MetadataKind.Number:
                json.WriteNumberValue(Number);
                break;
            case MetadataKind.Text:
                json.WriteStringValue(_text);
                break;
            case MetadataKind.Boolean:
                json.WriteBooleanValue(Boolean);
                break;
            case MetadataKind.Struct:
                json.WriteStartObject();
                foreach ((string name, MetadataValue member) in Members)
                {
                    json.WritePropertyName(name);
                    member.WriteTo(json);
                }

                json.WriteEndObject();
                break;
            case MetadataKind.List:
                json.WriteStartArray();
                foreach (MetadataValue item in Items)
                {
                    item.WriteTo(json);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }
}
