using Envoy.Extensions.Filters.Http.Router.V3;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Runtime;
using Tidegate.Rules.Values;
using HttpFilter = Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpFilter;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>
/// Compiles the chain of HTTP filters of a listener. Each filter is a unit of refusal: its last good version takes its place, where there is one; else
/// one that keeps requests out keeps all of them out, and any other is left out.
/// </summary>
internal static class HttpFilterCompiler
{
    private static readonly HttpFilter DefaultRouter = new() { Name = "envoy.filters.http.router", TypedConfig = Any.Pack(new Router()) };

    /// <summary>Compiles a chain. It ends with the router, so what stands behind that cannot be used, and where there is none one is put.</summary>
    /// <param name="filters">The filters.</param>
    /// <param name="parts">What they refer to.</param>
    /// <param name="scope">The connection manager.</param>
    /// <param name="before">Earlier versions of the filters; the newest first.</param>
    public static IReadOnlyList<RuntimeHttpFilter> Compile(
        RepeatedField<HttpFilter> filters, FilterParts parts, CompileScope scope, IEnumerable<RuntimeHttpFilter> before)
    {
        List<RuntimeHttpFilter> compiled = [];
        RuntimeHttpFilter? router = null;
        for (int i = 0; i < filters.Count; i++)
        {
            HttpFilter source = filters[i];
            CompileUnit unit = scope.At("http_filters", i).BeginUnit();
            if (source.TypedConfig is not null && unit.Scope.Resolve(source.TypedConfig) is { } config && config != source.TypedConfig)
            {
                source = new HttpFilter(source) { TypedConfig = config };
            }

            HttpFilterType? type = source.ConfigTypeCase == HttpFilter.ConfigTypeOneofCase.TypedConfig ? HttpFilterTypes.OfConfig(source.TypedConfig!) : null;
            RuntimeHttpFilter? filter = unit.IsRefused ? null : CompileOne(source, type, parts, unit);
            unit.Scope.RefuseIf(router is not null && filter is not null, $"http filter \"{source.Name}\" stands behind the router, which is the last");
            if (unit.IsRefused)
            {
                RuntimeHttpFilter? known = before.FirstOrDefault(known => known.Name == source.Name && known.Filter is not UnavailableFilter);
                bool isClosed = known is null && IsGuard(source);
                unit.LeaveOut(known is not null, isClosed, source.Name);
                filter = isClosed ? Unavailable(source, type) : known;
            }

            if (filter?.Kind == HttpFilterKind.Router)
            {
                router ??= filter;
            }
            else if (filter is not null)
            {
                compiled.Add(filter);
            }
        }

        scope.At("http_filters").LeaveOutIf(router is null, "the last filter has to be envoy.filters.http.router, which is put there");
        compiled.Add(router ?? new RuntimeHttpFilter(DefaultRouter.Name, HttpFilterKind.Router, new Router(), false) { Source = DefaultRouter });
        return compiled;
    }

    private static RuntimeHttpFilter? CompileOne(HttpFilter filter, HttpFilterType? type, FilterParts parts, CompileUnit unit)
    {
        if (type is null)
        {
            // Envoy passes over an optional filter that it does not know.
            unit.Scope.RefuseIf(!filter.IsOptional, $"http filter \"{filter.Name}\" is not supported");
            unit.Scope.NoteIf(filter.IsOptional, $"the optional http filter \"{filter.Name}\" is left out: it is not supported");
            return null;
        }

        try
        {
            IMessage message = type.Config.Parser.ParseFrom(filter.TypedConfig.Value);
            return new RuntimeHttpFilter(filter.Name, type.Kind, message, filter.Disabled) { Source = filter, Filter = type.Compile(message, parts, unit.Scope) };
        }
        catch (InvalidProtocolBufferException exception)
        {
            unit.Scope.Refuse($"the configuration of http filter \"{filter.Name}\" is broken: {exception.Message}");
        }
        catch (Exception exception)
        {
            unit.Fail(exception);
        }

        return null;
    }

    // What it is its type says, or where that is not given or comes later, those that may come, and its name.
    private static bool IsGuard(HttpFilter source) => source.TypedConfig is { } config
        ? GuardRules.IsGuard(CompileScope.TypeNameOf(config))
        : GuardRules.IsGuard(source.Name) || source.ConfigDiscovery?.TypeUrls.Any(GuardRules.IsGuard) == true;

    private static RuntimeHttpFilter Unavailable(HttpFilter source, HttpFilterType? type) =>
        new(source.Name, type?.Kind ?? HttpFilterKind.Unknown, null, source.Disabled) { Source = source, Filter = new UnavailableFilter(source.Name) };
}
