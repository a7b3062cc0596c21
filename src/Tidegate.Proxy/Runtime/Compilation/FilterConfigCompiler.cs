using Envoy.Config.Route.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using CorsPolicy = Envoy.Extensions.Filters.Http.Cors.V3.CorsPolicy;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Reads what routes tell filters (Envoy: <c>typed_per_filter_config</c>).</summary>
internal static class FilterConfigCompiler
{
    /// <summary>The configurations of one level put over those of the level above.</summary>
    public static IReadOnlyDictionary<string, IMessage> Compile(
        MapField<string, Any> configs,
        IReadOnlyDictionary<string, IMessage> above,
        CompileScope scope)
    {
        if (configs.Count == 0)
        {
            return above;
        }

        Dictionary<string, IMessage> compiled = new(above);
        foreach ((string name, Any config) in configs)
        {
            CompileScope at = scope.At($"typed_per_filter_config[\"{name}\"]");
            if (Read(name, config, at) is { } message)
            {
                compiled[name] = message;
            }
        }

        return compiled;
    }

    private static IMessage? Read(string name, Any packed, CompileScope scope)
    {
        if (packed.Is(FilterConfig.Descriptor))
        {
            if (!scope.TryUnpack(packed, out FilterConfig? wrapper))
            {
                return null;
            }

            bool isKnown = wrapper.Config is null || wrapper.Config.Is(HTTPFault.Descriptor) || wrapper.Config.Is(CorsPolicy.Descriptor);
            if (!isKnown && wrapper.IsOptional)
            {
                return null;
            }

            return wrapper.Config is null || wrapper.Disabled ? wrapper : Read(name, wrapper.Config, scope);
        }

        if (packed.Is(HTTPFault.Descriptor))
        {
            return scope.TryUnpack(packed, out HTTPFault? fault) ? fault : null;
        }

        if (packed.Is(CorsPolicy.Descriptor))
        {
            return scope.TryUnpack(packed, out CorsPolicy? cors) ? cors : null;
        }

        scope.Refuse($"http filter \"{name}\" is not supported (configuration of type {CompileScope.TypeNameOf(packed)})");
        return null;
    }
}
