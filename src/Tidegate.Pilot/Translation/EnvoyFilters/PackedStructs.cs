using System.Text.Json.Nodes;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// Makes of a message that is packed as a TypedStruct (a type and its fields as JSON, for those who have not the type) the message itself, wherever in a
/// patch's value it is.
/// </summary>
internal static class PackedStructs
{
    private static readonly string[] Names = ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"];

    /// <summary>Unpacks all that is packed so.</summary>
    public static void Unpack(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject value:
                UnpackOne(value);
                foreach (var (_, item) in value)
                {
                    Unpack(item);
                }
                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    Unpack(item);
                }
                break;
        }
    }

    private static void UnpackOne(JsonObject value)
    {
        while (value["@type"] is JsonValue named && named.TryGetValue<string>(out var url) && Names.Contains(url[(url.LastIndexOf('/') + 1)..]) &&
            (value["type_url"] ?? value["typeUrl"]) is JsonValue type)
        {
            var fields = value["value"] as JsonObject;
            value.Clear();
            value["@type"] = type.DeepClone();
            foreach (var (name, item) in fields ?? [])
            {
                value[name] = item?.DeepClone();
            }
        }
    }
}
