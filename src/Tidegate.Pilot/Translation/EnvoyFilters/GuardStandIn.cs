using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Rules.Values;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>
/// A filter in a patch's value that keeps requests or connections out and cannot be used as it is written. It is sent all the same, its type and its fields
/// packed as Envoy's control planes pack what they have not the type of (<c>xds.type.v3.TypedStruct</c>): what cannot be used of it the proxy finds out, and does what it
/// does with such a guard whoever sends it (docs/decisions/unit-of-refusal.md).
/// </summary>
internal static class GuardStandIn
{
    private static readonly string TypedStruct = XdsTypes.UrlOf(global::Xds.Type.V3.TypedStruct.Descriptor);

    /// <summary>The name of a filter that guards and is not optional; null of any other. Its type says what it is, or its name where it has none.</summary>
    public static string? NameOf(JsonObject filter)
    {
        var name = Text(filter["name"]);
        var type = TypeOf(filter);
        var isOptional = (filter["is_optional"] ?? filter["isOptional"]) is JsonValue flag && flag.TryGetValue<bool>(out var optional) && optional;
        return !isOptional && GuardRules.IsGuard(type.Length > 0 ? type : name) ? name : null;
    }

    /// <summary>Whether what a route says to a filter is said to a guard.</summary>
    public static bool IsOfGuard(string name, JsonObject config)
    {
        var type = Text(config["@type"]);
        var isWrapped = type.EndsWith("/" + Envoy.Config.Route.V3.FilterConfig.Descriptor.FullName, StringComparison.Ordinal);
        return GuardRules.IsGuard(name) || GuardRules.IsGuard(isWrapped && config["config"] is JsonObject inner ? Text(inner["@type"]) : type);
    }

    /// <summary>What the proxy would refuse of a value that is read as a message of that type: where, and why; null when there is nothing.</summary>
    public static (string Field, string Reason)? ProblemOf(JsonObject value, MessageDescriptor type)
    {
        var message = PatchValue.Parse((JsonObject)value.DeepClone(), type, out var error);
        return message is null ? error : PatchRules.Check(message, Wholeness.Item);
    }

    /// <summary>Makes the value what it was when it was written, in a form that can be sent.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">A filter, or what a route says to one.</param>
    /// <param name="written">What it was.</param>
    public static void Put(JsonObject value, MessageDescriptor type, JsonObject written)
    {
        value.Clear();
        if (type.FullName == Any.Descriptor.FullName)
        {
            Pack(value, written);
            return;
        }
        if (Text(written["name"]) is { Length: > 0 } name)
        {
            value["name"] = name;
        }
        if (written["disabled"] is JsonValue disabled && disabled.TryGetValue<bool>(out var isDisabled))
        {
            value["disabled"] = isDisabled;
        }
        var config = (written["typed_config"] ?? written["typedConfig"]) as JsonObject ?? (TypeOf(written) is { Length: > 0 } later ? new JsonObject { ["@type"] = later } : null);
        if (config is not null && Text(config["@type"]).Length > 0)
        {
            Pack((JsonObject)(value["typed_config"] = new JsonObject()), config);
        }
    }

    private static void Pack(JsonObject envelope, JsonObject config)
    {
        var fields = (JsonObject)config.DeepClone();
        fields.Remove("@type");
        envelope["@type"] = TypedStruct;
        envelope["type_url"] = Text(config["@type"]);
        envelope["value"] = fields;
    }

    // The type of a filter's configuration, or of what may come as such.
    private static string TypeOf(JsonObject filter)
    {
        if ((filter["typed_config"] ?? filter["typedConfig"]) is JsonObject config)
        {
            return Text(config["@type"]);
        }
        var types = ((filter["config_discovery"] ?? filter["configDiscovery"]) as JsonObject) is { } discovery ? (discovery["type_urls"] ?? discovery["typeUrls"]) as JsonArray : null;
        return types?.Select(Text).FirstOrDefault(GuardRules.IsGuard) ?? "";
    }

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
