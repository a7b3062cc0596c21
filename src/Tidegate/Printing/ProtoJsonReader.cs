using System.Buffers;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Xds;

namespace Tidegate.Printing;

/// <summary>
/// Reads messages from proto3 JSON, with names in either spelling. Fields that we do not know are left out; an <see cref="Any"/> of a type that we do not know is kept as it
/// stands (inside a <see cref="Struct"/>), so that it is printed again.
/// </summary>
public static class ProtoJsonReader
{
    private const string TypeKey = "@type";
    private static readonly string ForeignType = XdsTypes.UrlOf(Struct.Descriptor);
    private static readonly JsonParser Parser = new(new JsonParser.Settings(recursionLimit: 200, XdsTypeRegistry.Instance).WithIgnoreUnknownFields(true));

    /// <summary>Reads one message.</summary>
    /// <param name="json">The message as an object; a member <c>@type</c> of its own is passed over.</param>
    /// <param name="type">What it is.</param>
    /// <exception cref="InvalidProtocolBufferException">A member has a value of the wrong kind.</exception>
    public static IMessage Read(JsonElement json, MessageDescriptor type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (JsonProperty member in json.EnumerateObject().Where(member => member.Name != TypeKey))
            {
                writer.WritePropertyName(member.Name);
                CopyWithForeignTypesWrapped(member.Value, writer);
            }

            writer.WriteEndObject();
        }

        return Parser.Parse(Encoding.UTF8.GetString(buffer.WrittenSpan), type);
    }

    private static void CopyWithForeignTypesWrapped(JsonElement json, Utf8JsonWriter writer)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object when IsForeign(json):
                writer.WriteStartObject();
                writer.WriteString(TypeKey, ForeignType);
                writer.WritePropertyName("value");
                json.WriteTo(writer);
                writer.WriteEndObject();
                break;
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (JsonProperty member in json.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    CopyWithForeignTypesWrapped(member.Value, writer);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (JsonElement item in json.EnumerateArray())
                {
                    CopyWithForeignTypesWrapped(item, writer);
                }

                writer.WriteEndArray();
                break;
            default:
                json.WriteTo(writer);
                break;
        }
    }

    private static bool IsForeign(JsonElement json) =>
        json.TryGetProperty(TypeKey, out JsonElement type) && type.ValueKind == JsonValueKind.String && XdsTypeRegistry.Find(type.GetString()!) is null;
}
