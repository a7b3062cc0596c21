using Envoy.Config.Route.V3;
using Tidegate.Proxy.Compilation.Filters;
using Tidegate.Proxy.Fields;
using Tidegate.Proxy.Runtime;
using FilterConfigs = System.Collections.Generic.IReadOnlyDictionary<string, Tidegate.Proxy.Filters.RouteFilterConfig>;
using Steps = System.Collections.Generic.List<Tidegate.Proxy.Fields.HeaderMutation>;

namespace Tidegate.Proxy.Compilation;

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
    private readonly FilterConfigCompiler _filters;
    private readonly FilterConfigs _filterConfigs;

    /// <summary>The route configuration's level.</summary>
    public RouteLevels(RouteConfiguration configuration, FilterConfigCompiler filters, CompileScope scope)
        : this(
            filters,
            filters.Compile(configuration.TypedPerFilterConfig, FilterConfigCompiler.None, scope),
            above: null,
            configuration.MostSpecificHeaderMutationsWins,
            [HeaderMutationCompiler.Compile(configuration.RequestHeadersToRemove, configuration.RequestHeadersToAdd, "request_headers", scope)],
            [HeaderMutationCompiler.Compile(configuration.ResponseHeadersToRemove, configuration.ResponseHeadersToAdd, "response_headers", scope)])
    {
    }

    private RouteLevels(
        FilterConfigCompiler filters,
        FilterConfigs filterConfigs,
        RouteLevels? above,
        bool isMostSpecificLast,
        IReadOnlyList<Steps> request,
        IReadOnlyList<Steps> response)
    {
        _filters = filters;
        _filterConfigs = filterConfigs;
        _isMostSpecificLast = isMostSpecificLast;
        _request = request;
        _response = response;

        // Routes that say nothing themselves share what is above them.
        Filters = above is not null && above._filterConfigs == filterConfigs ? above.Filters : RouteFilters.Of(filterConfigs);
    }

    /// <summary>The filters of requests.</summary>
    public RouteFilters Filters { get; }

    /// <summary>With a virtual host's level.</summary>
    public RouteLevels Below(VirtualHost host, CompileScope scope) => Below(
        HeaderMutationCompiler.Compile(host.RequestHeadersToRemove, host.RequestHeadersToAdd, "request_headers", scope),
        HeaderMutationCompiler.Compile(host.ResponseHeadersToRemove, host.ResponseHeadersToAdd, "response_headers", scope),
        _filters.Compile(host.TypedPerFilterConfig, _filterConfigs, scope));

    /// <summary>With a route's level.</summary>
    public RouteLevels Below(Route route, CompileScope scope) => Below(
        HeaderMutationCompiler.Compile(route.RequestHeadersToRemove, route.RequestHeadersToAdd, "request_headers", scope),
        HeaderMutationCompiler.Compile(route.ResponseHeadersToRemove, route.ResponseHeadersToAdd, "response_headers", scope),
        _filters.Compile(route.TypedPerFilterConfig, _filterConfigs, scope));

    /// <summary>With a weighted cluster's level.</summary>
    public RouteLevels Below(WeightedCluster.Types.ClusterWeight cluster, CompileScope scope) => Below(
        HeaderMutationCompiler.Compile(cluster.RequestHeadersToRemove, cluster.RequestHeadersToAdd, "request_headers", scope),
        HeaderMutationCompiler.Compile(cluster.ResponseHeadersToRemove, cluster.ResponseHeadersToAdd, "response_headers", scope),
        _filters.Compile(cluster.TypedPerFilterConfig, _filterConfigs, scope));

    /// <summary>The changes to the request.</summary>
    public HeaderMutations RequestHeaders() => Join(_request);

    /// <summary>The changes to the answer.</summary>
    public HeaderMutations ResponseHeaders() => Join(_response);

    private RouteLevels Below(Steps request, Steps response, FilterConfigs filterConfigs) =>
        new(_filters, filterConfigs, this, _isMostSpecificLast, [.. _request, request], [.. _response, response]);

    private HeaderMutations Join(IReadOnlyList<Steps> levels) =>
        HeaderMutations.Of(_isMostSpecificLast ? levels : levels.Reverse());
}
