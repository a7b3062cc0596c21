using Envoy.Config.Route.V3;
using Google.Protobuf;
using Tidegate.Proxy.HeaderPolicy;
using Steps = System.Collections.Generic.List<Tidegate.Proxy.HeaderPolicy.HeaderMutation>;

namespace Tidegate.Proxy.Runtime.Compilation;

/// <summary>
/// What the levels of a route configuration say together (route configuration, virtual host, route, weighted cluster): changes to fields, filters'
/// configurations. Changes are made from the most specific level to the least, so that the least has the last word, unless
/// <c>most_specific_header_mutations_wins</c> turns that round.
/// </summary>
internal sealed class RouteLevels
{
    private readonly bool _isMostSpecificLast;
    private readonly IReadOnlyList<Steps> _request;
    private readonly IReadOnlyList<Steps> _response;

    /// <summary>The route configuration's level.</summary>
    public RouteLevels(RouteConfiguration configuration, IReadOnlyDictionary<string, IMessage> filterConfigs, CompileScope scope)
        : this(
            configuration.MostSpecificHeaderMutationsWins,
            [HeaderMutationCompiler.Compile(configuration.RequestHeadersToRemove, configuration.RequestHeadersToAdd, "request_headers", scope)],
            [HeaderMutationCompiler.Compile(configuration.ResponseHeadersToRemove, configuration.ResponseHeadersToAdd, "response_headers", scope)],
            filterConfigs)
    {
    }

    private RouteLevels(
        bool isMostSpecificLast,
        IReadOnlyList<Steps> request,
        IReadOnlyList<Steps> response,
        IReadOnlyDictionary<string, IMessage> filterConfigs)
    {
        _isMostSpecificLast = isMostSpecificLast;
        _request = request;
        _response = response;
        FilterConfigs = filterConfigs;
    }

    /// <summary>Filters' configurations by filter name.</summary>
    public IReadOnlyDictionary<string, IMessage> FilterConfigs { get; }

    /// <summary>With a virtual host's level.</summary>
    public RouteLevels Below(VirtualHost host, CompileScope scope) => Below(
        HeaderMutationCompiler.Compile(host.RequestHeadersToRemove, host.RequestHeadersToAdd, "request_headers", scope),
        HeaderMutationCompiler.Compile(host.ResponseHeadersToRemove, host.ResponseHeadersToAdd, "response_headers", scope),
        FilterConfigCompiler.Compile(host.TypedPerFilterConfig, FilterConfigs, scope));

    /// <summary>With a route's level.</summary>
    public RouteLevels Below(Route route, CompileScope scope) => Below(
        HeaderMutationCompiler.Compile(route.RequestHeadersToRemove, route.RequestHeadersToAdd, "request_headers", scope),
        HeaderMutationCompiler.Compile(route.ResponseHeadersToRemove, route.ResponseHeadersToAdd, "response_headers", scope),
        FilterConfigCompiler.Compile(route.TypedPerFilterConfig, FilterConfigs, scope));

    /// <summary>With a weighted cluster's level.</summary>
    public RouteLevels Below(WeightedCluster.Types.ClusterWeight cluster, CompileScope scope) => Below(
        HeaderMutationCompiler.Compile(cluster.RequestHeadersToRemove, cluster.RequestHeadersToAdd, "request_headers", scope),
        HeaderMutationCompiler.Compile(cluster.ResponseHeadersToRemove, cluster.ResponseHeadersToAdd, "response_headers", scope),
        FilterConfigCompiler.Compile(cluster.TypedPerFilterConfig, FilterConfigs, scope));

    /// <summary>The changes to the request.</summary>
    public HeaderMutations RequestHeaders() => Join(_request);

    /// <summary>The changes to the answer.</summary>
    public HeaderMutations ResponseHeaders() => Join(_response);

    private RouteLevels Below(Steps request, Steps response, IReadOnlyDictionary<string, IMessage> filterConfigs) =>
        new(_isMostSpecificLast, [.. _request, request], [.. _response, response], filterConfigs);

    private HeaderMutations Join(IReadOnlyList<Steps> levels) =>
        HeaderMutations.Of(_isMostSpecificLast ? levels : levels.Reverse());
}
