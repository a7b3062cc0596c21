using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Rules.Values;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// Durations in a patch's value. Istio reads them in Go's form (<c>50ms</c>, <c>1m30s</c>), of which protobuf's JSON form (<c>0.05s</c>) is a
/// part; what reads the value here knows only that part.
/// </summary>
internal static class PatchDurations
{
    /// <summary>Writes every duration of the value in protobuf's form. What is no duration stays, and is found wrong by whoever reads it.</summary>
    public static void Normalize(JsonObject value, MessageDescriptor type)
    {
        var known = type.FullName == Any.Descriptor.FullName
            ? value["@type"] is JsonValue named && named.TryGetValue<string>(out var url) ? XdsTypeRegistry.Find(url) : null
            : type;
        if (known is null)
        {
            return;
        }
        foreach (var (name, item) in value.ToList())
        {
            if (known.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name) is { FieldType: FieldType.Message } field &&
                Normalized(item, field) is { } text)
            {
                value[name] = text;
            }
        }
    }

    // The text that takes the item's place; null when it stays. What is inside of it is changed there.
    private static JsonValue? Normalized(JsonNode? item, FieldDescriptor field)
    {
        var type = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;
        if (type.FieldType != FieldType.Message)
        {
            return null;
        }
        switch (item)
        {
            case JsonObject map when field.IsMap:
                foreach (var (key, entry) in map.ToList())
                {
                    map[key] = Single(entry, type.MessageType) ?? map[key]?.DeepClone();
                }
                return null;
            case JsonArray list when field.IsRepeated:
                for (var i = 0; i < list.Count; i++)
                {
                    list[i] = Single(list[i], type.MessageType) ?? list[i]?.DeepClone();
                }
                return null;
            default:
                return Single(item, type.MessageType);
        }
    }

    private static JsonValue? Single(JsonNode? item, MessageDescriptor type)
    {
        if (item is JsonObject inner)
        {
            Normalize(inner, type);
            return null;
        }
        return type.FullName == Duration.Descriptor.FullName && item is JsonValue text && text.TryGetValue<string>(out var written) &&
            GoDuration.Read(written, out var duration) is null
            ? JsonValue.Create(Durations.Of(duration).ToString().Trim('"'))
            : null;
    }
}
