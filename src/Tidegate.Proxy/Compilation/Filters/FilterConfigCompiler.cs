using Envoy.Config.Route.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Filters;
using Tidegate.Rules.Values;
using FilterConfigs = System.Collections.Generic.IReadOnlyDictionary<string, Tidegate.Proxy.Filters.RouteFilterConfig>;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles what routes tell filters (Envoy: <c>typed_per_filter_config</c>).</summary>
internal sealed class FilterConfigCompiler(FilterParts parts)
{
    /// <summary>What nobody has said.</summary>
    public static readonly FilterConfigs None = new Dictionary<string, RouteFilterConfig>();

    /// <summary>The configurations of one level put over those of the level above.</summary>
    public FilterConfigs Compile(MapField<string, Any> configs, FilterConfigs above, CompileScope scope)
    {
        if (configs.Count == 0)
        {
            return above;
        }

        Dictionary<string, RouteFilterConfig> compiled = new(above);
        foreach ((string name, Any config) in configs)
        {
            CompileScope at = scope.Named("typed_per_filter_config", name);
            int faults = at.FaultCount;
            if (Read(name, config, at) is not var (settings, isDisabled))
            {
                continue;
            }

            // Where what is wrong does not cost the route itself, the filter lets nothing through.
            object? own = at.FaultCount > faults && settings is HttpFilter ? new UnavailableFilter(name) : settings;
            compiled[name] = new RouteFilterConfig(own, isDisabled, above.GetValueOrDefault(name));
        }

        return compiled;
    }

    private (object? Settings, bool IsDisabled)? Read(string name, Any given, CompileScope scope)
    {
        if (scope.Resolve(given) is not { } packed)
        {
            return (new UnavailableFilter(name), false);
        }

        if (packed.Is(FilterConfig.Descriptor))
        {
            return scope.TryUnpack(packed, out FilterConfig? wrapper) ? ReadWrapped(name, wrapper, scope) : null;
        }

        if (HttpFilterTypes.OfRouteConfig(packed) is not { } type)
        {
            string typeName = CompileScope.TypeNameOf(packed);
            if (!GuardRules.IsGuard(typeName) && !GuardRules.IsGuard(name))
            {
                scope.LeaveOutIf(true, $"http filter \"{name}\" is not supported (configuration of type {typeName})");
                return null;
            }

            scope.Refuse($"http filter \"{name}\" is not supported (configuration of type {typeName})");
            return (new UnavailableFilter(name), false);
        }

        try
        {
            return type.CompileForRoute!(type.RouteConfig!.Parser.ParseFrom(packed.Value), parts, scope);
        }
        catch (InvalidProtocolBufferException exception)
        {
            scope.Refuse($"the message of type {CompileScope.TypeNameOf(packed)} is broken: {exception.Message}");
            return (new UnavailableFilter(name), false);
        }
    }

    private (object? Settings, bool IsDisabled)? ReadWrapped(string name, FilterConfig wrapper, CompileScope scope)
    {
        if (wrapper.Disabled)
        {
            return (null, true);
        }

        // One without a type says that the filter is on, and no more, as with Envoy.
        if (wrapper.Config is null || wrapper.Config.TypeUrl.Length == 0)
        {
            return (null, false);
        }

        bool isPassedOver = wrapper.IsOptional && scope.Resolve(wrapper.Config) is { } config && HttpFilterTypes.OfRouteConfig(config) is null;
        return isPassedOver ? null : Read(name, wrapper.Config, scope);
    }
}
