using Envoy.Config.Bootstrap.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Configuration;

/// <summary>The switches of Envoy's runtime that mean something here, as the bootstrap's static layers set them (Envoy: <c>layered_runtime</c>).</summary>
public sealed record RuntimeFlags
{
    /// <summary>What a repeated field is matched as (<c>envoy.reloadable_features.match_headers_individually</c>, true when unset).</summary>
    public RepeatedHeaderMode RepeatedHeaders { get; init; }

    /// <summary>Reads the bootstrap; the last layer that sets a switch has the last word.</summary>
    public static RuntimeFlags Of(Bootstrap bootstrap)
    {
        bool isIndividual = true;
        if (bootstrap.LayeredRuntime is { } runtime)
        {
            foreach (RuntimeLayer layer in runtime.Layers)
            {
                isIndividual = Read(layer.StaticLayer, "envoy.reloadable_features.match_headers_individually", isIndividual);
            }
        }

        return new RuntimeFlags
        {
            RepeatedHeaders = isIndividual ? RepeatedHeaderMode.Individual : RepeatedHeaderMode.Joined,
        };
    }

    private static bool Read(Struct? layer, string name, bool otherwise)
    {
        if (layer is null || !layer.Fields.TryGetValue(name, out Value? value))
        {
            return otherwise;
        }

        return value.KindCase switch
        {
            Value.KindOneofCase.BoolValue => value.BoolValue,
            Value.KindOneofCase.StringValue => value.StringValue.Equals("true", StringComparison.OrdinalIgnoreCase),
            _ => otherwise,
        };
    }
}
