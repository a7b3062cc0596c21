using Envoy.Extensions.Filters.Http.Cors.V3;
using Envoy.Extensions.Filters.Http.Fault.V3;
using Envoy.Extensions.Filters.Http.GrpcStats.V3;
using Envoy.Extensions.Filters.Http.Router.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.Reflection;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>Compiles the chain of HTTP filters. The list of what is known is here; a new filter is one line more.</summary>
internal static class HttpFilterCompiler
{
    private static readonly (HttpFilterKind Kind, MessageDescriptor Config)[] Known =
    [
        (HttpFilterKind.GrpcStats, FilterConfig.Descriptor),
        (HttpFilterKind.Fault, HTTPFault.Descriptor),
        (HttpFilterKind.Cors, Cors.Descriptor),
        (HttpFilterKind.Router, Router.Descriptor),
    ];

    /// <summary>Compiles a chain; it has to end with the router.</summary>
    public static IReadOnlyList<RuntimeHttpFilter> Compile(RepeatedField<HttpFilter> filters, CompileScope scope)
    {
        List<RuntimeHttpFilter> compiled = [];
        HashSet<string> names = [];
        for (int i = 0; i < filters.Count; i++)
        {
            CompileScope at = scope.At("http_filters", i);
            at.RefuseIf(!names.Add(filters[i].Name), $"another http filter is named \"{filters[i].Name}\"");
            if (CompileOne(filters[i], at) is { } filter)
            {
                compiled.Add(filter);
            }
        }

        bool endsWithRouter = filters.Count > 0 && compiled.Count > 0 && compiled[^1].Kind == HttpFilterKind.Router;
        scope.RefuseIf(!endsWithRouter, "http_filters: the last filter has to be envoy.filters.http.router");
        scope.RefuseIf(compiled.Count(static filter => filter.Kind == HttpFilterKind.Router) > 1, "http_filters: only one router can be there");
        return compiled;
    }

    private static RuntimeHttpFilter? CompileOne(HttpFilter filter, CompileScope scope)
    {
        if (filter.ConfigTypeCase == HttpFilter.ConfigTypeOneofCase.TypedConfig)
        {
            foreach ((HttpFilterKind kind, MessageDescriptor config) in Known)
            {
                if (filter.TypedConfig.Is(config))
                {
                    return new RuntimeHttpFilter(filter.Name, kind, Unpack(filter, config, scope), filter.Disabled);
                }
            }
        }

        // Envoy passes over an optional filter that it does not know.
        scope.RefuseIf(!filter.IsOptional, $"http filter \"{filter.Name}\" is not supported");
        scope.NoteIf(filter.IsOptional, $"the optional http filter \"{filter.Name}\" is left out: it is not supported");
        return null;
    }

    private static IMessage? Unpack(HttpFilter filter, MessageDescriptor config, CompileScope scope)
    {
        try
        {
            return config.Parser.ParseFrom(filter.TypedConfig.Value);
        }
        catch (InvalidProtocolBufferException exception)
        {
            scope.Refuse($"the configuration of http filter \"{filter.Name}\" is broken: {exception.Message}");
            return null;
        }
    }
}
