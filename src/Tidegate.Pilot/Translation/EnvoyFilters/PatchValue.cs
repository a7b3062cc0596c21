using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Makes Envoy's message of a patch's value, or says which field is wrong.</summary>
internal static class PatchValue
{
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default.WithTypeRegistry(XdsTypeRegistry.Instance));

    /// <summary>The type of what a patch is applied to; null for what is not patched here.</summary>
    public static MessageDescriptor? TypeOf(EnvoyApplyTo applyTo) => applyTo switch
    {
        EnvoyApplyTo.Listener => Envoy.Config.Listener.V3.Listener.Descriptor,
        EnvoyApplyTo.ListenerFilter => Envoy.Config.Listener.V3.ListenerFilter.Descriptor,
        EnvoyApplyTo.FilterChain => Envoy.Config.Listener.V3.FilterChain.Descriptor,
        EnvoyApplyTo.NetworkFilter => Envoy.Config.Listener.V3.Filter.Descriptor,
        EnvoyApplyTo.HttpFilter => Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpFilter.Descriptor,
        EnvoyApplyTo.RouteConfiguration => Envoy.Config.Route.V3.RouteConfiguration.Descriptor,
        EnvoyApplyTo.VirtualHost => Envoy.Config.Route.V3.VirtualHost.Descriptor,
        EnvoyApplyTo.HttpRoute => Envoy.Config.Route.V3.Route.Descriptor,
        EnvoyApplyTo.Cluster => Envoy.Config.Cluster.V3.Cluster.Descriptor,
        _ => null,
    };

    /// <summary>The value as it was written, or null with what is wrong.</summary>
    public static JsonObject? Read(string json, MessageDescriptor type, out string error)
    {
        error = "";
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(json);
        }
        catch (JsonException e)
        {
            error = $"is not JSON: {e.Message}";
            return null;
        }
        if (node is not JsonObject value)
        {
            error = $"has to be a mapping: an {type.FullName}";
            return null;
        }
        PackedStructs.Unpack(value);
        return value;
    }

    /// <summary>The message, or null with the field (a path within the value, empty for the whole of it) and what is wrong.</summary>
    public static IMessage? Parse(JsonObject value, MessageDescriptor type, out (string Field, string Reason) error)
    {
        error = default;
        PatchDurations.Normalize(value, type);
        var message = TryParse(value.ToJsonString(), type, out var reason);
        if (message is null)
        {
            error = Locate(value, type, "") ?? ("", reason);
        }
        return message;
    }

    private static IMessage? TryParse(string json, MessageDescriptor type, out string reason)
    {
        try
        {
            reason = "";
            return Parser.Parse(json, type);
        }
        catch (Exception e) when (e is InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException or FormatException or OverflowException or ArgumentException)
        {
            reason = e.Message;
            return null;
        }
    }

    /// <summary>The first field that cannot be read for itself, as deep as it goes; null when each can.</summary>
    private static (string Field, string Reason)? Locate(JsonObject value, MessageDescriptor type, string path)
    {
        if (type.FullName == Any.Descriptor.FullName)
        {
            return LocateAny(value, path);
        }
        foreach (var (name, item) in value)
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            var field = type.Fields.InDeclarationOrder().FirstOrDefault(field => field.JsonName == name || field.Name == name);
            if (field is null)
            {
                var nearest = NearestName.Of(name, type.Fields.InDeclarationOrder().Select(known => known.Name).ToHashSet());
                return (at, $"{type.FullName} has no field \"{name}\"{(nearest is null ? "" : $"; did you mean {nearest}?")}");
            }
            if (TryParse(new JsonObject { [name] = item?.DeepClone() }.ToJsonString(), type, out var reason) is null)
            {
                return LocateIn(field, item, at) ?? (at, reason);
            }
        }
        return null;
    }

    private static (string Field, string Reason)? LocateIn(FieldDescriptor field, JsonNode? item, string at)
    {
        var type = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field;
        if (type.FieldType != FieldType.Message)
        {
            return null;
        }
        switch (item)
        {
            case JsonObject map when field.IsMap:
                return map.Select(pair => pair.Value is JsonObject entry ? Locate(entry, type.MessageType, $"{at}.{pair.Key}") : null).FirstOrDefault(found => found is not null);
            case JsonObject inner when !field.IsRepeated:
                return Locate(inner, type.MessageType, at);
            case JsonArray items when field.IsRepeated:
                for (var i = 0; i < items.Count; i++)
                {
                    if (items[i] is JsonObject element && Locate(element, type.MessageType, $"{at}[{i}]") is { } found)
                    {
                        return found;
                    }
                }
                return null;
            default:
                return null;
        }
    }

    private static (string Field, string Reason)? LocateAny(JsonObject value, string path)
    {
        if (value["@type"] is not JsonValue named || !named.TryGetValue<string>(out var url))
        {
            return (path, "has no @type, which says what it is");
        }
        if (XdsTypeRegistry.Find(url) is not { } type)
        {
            return ($"{path}.@type", $"this proxy has no extension {url}");
        }
        var rest = (JsonObject)value.DeepClone();
        rest.Remove("@type");
        return Locate(rest, type, path);
    }
}
