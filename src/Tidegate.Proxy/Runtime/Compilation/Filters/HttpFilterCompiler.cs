using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Tidegate.Proxy.Runtime.Compilation.Filters;

/// <summary>Compiles the chain of HTTP filters of a listener.</summary>
internal static class HttpFilterCompiler
{
    /// <summary>Compiles a chain; it has to end with the router.</summary>
    public static IReadOnlyList<RuntimeHttpFilter> Compile(RepeatedField<HttpFilter> filters, FilterParts parts, CompileScope scope)
    {
        List<RuntimeHttpFilter> compiled = [];
        HashSet<string> names = [];
        for (int i = 0; i < filters.Count; i++)
        {
            CompileScope at = scope.At("http_filters", i);
            at.RefuseIf(!names.Add(filters[i].Name), $"another http filter is named \"{filters[i].Name}\"");
            if (CompileOne(filters[i], parts, at) is { } filter)
            {
                compiled.Add(filter);
            }
        }

        bool endsWithRouter = filters.Count > 0 && compiled.Count > 0 && compiled[^1].Kind == HttpFilterKind.Router;
        scope.RefuseIf(!endsWithRouter, "http_filters: the last filter has to be envoy.filters.http.router");
        scope.RefuseIf(compiled.Count(static filter => filter.Kind == HttpFilterKind.Router) > 1, "http_filters: only one router can be there");
        return compiled;
    }

    private static RuntimeHttpFilter? CompileOne(HttpFilter filter, FilterParts parts, CompileScope scope)
    {
        HttpFilterType? type = filter.ConfigTypeCase == HttpFilter.ConfigTypeOneofCase.TypedConfig ? HttpFilterTypes.OfConfig(filter.TypedConfig) : null;
        if (type is null)
        {
            // Envoy passes over an optional filter that it does not know.
            scope.RefuseIf(!filter.IsOptional, $"http filter \"{filter.Name}\" is not supported");
            scope.NoteIf(filter.IsOptional, $"the optional http filter \"{filter.Name}\" is left out: it is not supported");
            return null;
        }

        try
        {
            IMessage message = type.Config.Parser.ParseFrom(filter.TypedConfig.Value);
            return new RuntimeHttpFilter(filter.Name, type.Kind, message, filter.Disabled) { Filter = type.Compile(message, parts, scope) };
        }
        catch (InvalidProtocolBufferException exception)
        {
            scope.Refuse($"the configuration of http filter \"{filter.Name}\" is broken: {exception.Message}");
            return null;
        }
    }
}
