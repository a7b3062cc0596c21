using System.Collections;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Pilot.Translation.Features;
using Tidegate.Xds;

namespace Tidegate.Pilot.Translation.EnvoyFilters;

/// <summary>Finds filters in a message that the proxy does not have: one of them would make it refuse the whole listener or route configuration.</summary>
internal static class MissingExtension
{
    /// <summary>The full name of the first filter's configuration that is missing, wherever it is; null when there is none.</summary>
    public static string? In(IMessage message, ProxyFeatures features)
    {
        if (Own(message, features) is { } missing)
        {
            return missing;
        }
        if (message is Any packed)
        {
            return XdsTypeRegistry.Find(packed.TypeUrl) is { } type ? In(type.Parser.ParseFrom(packed.Value), features) : null;
        }
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (field.IsMap)
            {
                var isFilter = field.Name == "typed_per_filter_config";
                foreach (var item in ((IDictionary)value).Values)
                {
                    if (item is Any config && isFilter && Missing(config, features) is { } name)
                    {
                        return name;
                    }
                    if (item is IMessage inner && In(inner, features) is { } deeper)
                    {
                        return deeper;
                    }
                }
            }
            else if (field.IsRepeated && field.FieldType == FieldType.Message)
            {
                foreach (var item in (IList)value)
                {
                    if (item is IMessage inner && In(inner, features) is { } deeper)
                    {
                        return deeper;
                    }
                }
            }
            else if (value is IMessage inner && In(inner, features) is { } deeper)
            {
                return deeper;
            }
        }
        return null;
    }

    private static string? Own(IMessage message, ProxyFeatures features) => message switch
    {
        HttpFilter { IsOptional: false, TypedConfig: { } config } => Missing(config, features),
        Filter { TypedConfig: { } config } => Missing(config, features),
        ListenerFilter { TypedConfig: { } config } => Missing(config, features),
        _ => null,
    };

    private static string? Missing(Any config, ProxyFeatures features) =>
        Any.GetTypeName(config.TypeUrl) is var name && features.HasFilter(name) ? null : name;
}
