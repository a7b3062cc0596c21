using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Tidegate.Pilot.Translation.EnvoyFilters;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Translation;

/// <summary>The table of what the proxy acts on, and what it takes out of patches.</summary>
public sealed class FieldTableTests
{
    private static readonly FieldTable Table = FieldTable.Tidegate;

    [Fact]
    public void Every_message_and_field_that_is_named_is_one_of_Envoys() => Assert.Empty(
        from message in Table.Messages
        let type = Find(message)
        from field in type is null ? [message] : Table.FieldsOf(message).Keys.Where(name => name != "*" && type.FindFieldByName(name) is null).Select(name => $"{message}.{name}")
        select field);

    [Fact]
    public void Every_extension_that_is_named_can_be_configured() => Assert.Empty(
        from slot in Table.Slots from type in slot.Value where Find(type) is null || !Table.Knows(type) select $"{slot.Key}: {type}");

    [Fact]
    public void What_stands_in_a_field_that_is_acted_on_is_named() => Assert.Empty(
        from message in Table.Messages
        from field in Find(message)!.Fields.InDeclarationOrder()
        where Table.Of(field).Use == FieldUse.ActedOn
        let type = field.IsMap ? field.MessageType.FindFieldByNumber(2) : field
        where type.FieldType == FieldType.Message && type.MessageType.File.Package != "google.protobuf" && !Table.Knows(type.MessageType.FullName)
        select $"{message}.{field.Name}: {type.MessageType.FullName}");

    [Fact]
    public void A_field_that_is_not_acted_on_goes_alone()
    {
        var (value, removed) = Prune(Manager("\"server_name\": \"x\", \"tracing\": {}, \"proxy_status_config\": {}"));

        Assert.Equal(["server_name"], value!["typed_config"]!.AsObject().Select(pair => pair.Key).Where(name => name != "@type"));
        Assert.Equal(["typed_config.tracing", "typed_config.proxy_status_config"], removed.Select(field => field.Path));
        Assert.All(removed, field => Assert.Equal(field.Path, field.LeftOut));
    }

    [Fact]
    public void What_is_said_of_HTTP_2_and_of_tunnels_is_taken()
    {
        var (_, removed) = Prune(Manager("""
            "codec_type": "HTTP2", "http2_protocol_options": {"allow_connect": true, "max_concurrent_streams": 7, "allow_metadata": true},
            "upgrade_configs": [{"upgrade_type": "CONNECT"}, {"upgrade_type": "websocket", "enabled": false}]
            """));

        Assert.Equal("typed_config.http2_protocol_options.allow_metadata", Assert.Single(removed).Path);
    }

    [Fact]
    public void What_means_something_else_without_a_field_goes_with_it()
    {
        var (value, removed) = Prune(Manager("""
            "access_log": [{"name": "a", "filter": {"traceable_filter": {}}, "typed_config": {"@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"}},
              {"name": "b", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"}}]
            """));

        Assert.Equal("b", Assert.Single(value!["typed_config"]!["access_log"]!.AsArray())!["name"]!.GetValue<string>());
        Assert.Equal(("typed_config.access_log[0].filter.traceable_filter", "typed_config.access_log[0]"), (Assert.Single(removed).Path, removed[0].LeftOut));
    }

    [Fact]
    public void An_extension_that_is_not_there_takes_the_smallest_thing_around_it_along()
    {
        var (value, removed) = Prune(Manager("""
            "http_filters": [{"name": "lua", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"}},
              {"name": "cors", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"}}]
            """));

        Assert.Equal("cors", Assert.Single(value!["typed_config"]!["http_filters"]!.AsArray())!["name"]!.GetValue<string>());
        Assert.True(Assert.Single(removed).MayProtect);
    }

    [Fact]
    public void A_filter_of_a_type_that_belongs_elsewhere_is_none()
    {
        var (value, removed) = Prune("""{"name": "x", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"}}""");

        Assert.Null(value);
        Assert.Equal("", Assert.Single(removed).LeftOut);
    }

    [Fact]
    public void A_TypedStruct_is_the_message_that_it_names()
    {
        var value = JsonNode.Parse("""
            {"@type": "type.googleapis.com/udpa.type.v1.TypedStruct", "type_url": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors", "value": {"a": {
              "@type": "type.googleapis.com/xds.type.v3.TypedStruct", "typeUrl": "type.googleapis.com/x.Y", "value": {"b": 1}}}}
            """);

        PackedStructs.Unpack(value);

        Assert.Equal("""{"@type":"type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors","a":{"@type":"type.googleapis.com/x.Y","b":1}}""", value!.ToJsonString());
    }

    [Fact]
    public void A_listener_filter_can_be_known_by_its_name_alone()
    {
        var pruning = new PatchPruning(Table);
        var value = JsonNode.Parse("""{"listener_filters": [{"name": "envoy.filters.listener.proxy_protocol"}, {"name": "envoy.filters.listener.nosuch"}]}""")!.AsObject();

        Assert.True(pruning.Prune(value, Envoy.Config.Listener.V3.Listener.Descriptor, isMerged: true));

        Assert.EndsWith("ProxyProtocol", Assert.Single(value["listener_filters"]!.AsArray())!["typed_config"]!["@type"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("listener_filters[1]", Assert.Single(pruning.Removed).LeftOut);
    }

    private static MessageDescriptor? Find(string message)
    {
        var outer = message;
        while (XdsTypeRegistry.Instance.Find(outer) is null && outer.LastIndexOf('.') is > 0 and var dot)
        {
            outer = outer[..dot];
        }
        var type = XdsTypeRegistry.Instance.Find(outer);
        foreach (var name in type is null || outer == message ? [] : message[(outer.Length + 1)..].Split('.'))
        {
            type = type?.NestedTypes.FirstOrDefault(nested => nested.Name == name);
        }
        return type;
    }

    private static string Manager(string fields) =>
        "{\"name\": \"m\", \"typed_config\": {\"@type\": \"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager\", " + fields + "}}";

    private static (JsonObject? Value, IReadOnlyList<PrunedField> Removed) Prune(string filter)
    {
        var pruning = new PatchPruning(Table);
        var value = JsonNode.Parse(filter)!.AsObject();
        return (pruning.Prune(value, Envoy.Config.Listener.V3.Filter.Descriptor, isMerged: true) ? value : null, pruning.Removed);
    }
}
