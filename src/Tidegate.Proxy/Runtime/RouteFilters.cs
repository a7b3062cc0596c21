using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Runtime;

/// <summary>
/// The filters that the requests of one route go through: those of the listener, as the route has them. Made when the first request
/// of a listener takes the route, from parts that were all compiled and checked with the configuration.
/// </summary>
internal sealed class RouteFilters
{
    /// <summary>A route that says nothing to any filter.</summary>
    public static readonly RouteFilters Default = new(new Dictionary<string, RouteFilterConfig>());

    // Versions of listeners that share a route; more than ever serve at once.
    private const int MaxBound = 8;

    private readonly IReadOnlyDictionary<string, RouteFilterConfig> _configs;
    private volatile Bound? _bound;

    private RouteFilters(IReadOnlyDictionary<string, RouteFilterConfig> configs)
    {
        _configs = configs;
        Secrets = [.. configs.Values.Select(static config => config.Settings).OfType<HttpFilter>().SelectMany(static filter => filter.Secrets)];
    }

    /// <summary>The places of the secrets that filters of the route's own use.</summary>
    public SecretSlot[] Secrets { get; }

    /// <summary>The filters of a route that says this to filters by name.</summary>
    public static RouteFilters Of(IReadOnlyDictionary<string, RouteFilterConfig> configs) => configs.Count == 0 ? Default : new RouteFilters(configs);

    /// <summary>The chain of a listener's requests; empty when nothing is to be done.</summary>
    public PlacedFilter[] For(RuntimeHttpConnectionManager manager)
    {
        if (this == Default)
        {
            return manager.DefaultChain;
        }

        Bound? bound = _bound;
        return bound is not null && bound.Manager == manager ? bound.Chain : Find(manager);
    }

    /// <summary>Makes a chain: what is disabled or does nothing is left out.</summary>
    /// <param name="filters">The listener's filters.</param>
    public PlacedFilter[] Bind(IReadOnlyList<RuntimeHttpFilter> filters)
    {
        List<PlacedFilter> chain = [];
        for (int i = 0; i < filters.Count; i++)
        {
            RuntimeHttpFilter filter = filters[i];
            RouteFilterConfig? config = _configs.GetValueOrDefault(filter.Name);
            bool isDisabled = config?.IsDisabled ?? filter.IsDisabled;
            if (isDisabled || filter.Filter is null)
            {
                continue;
            }

            HttpFilter bound = config is null ? filter.Filter : filter.Filter.ForRoute(config);
            if (!bound.IsInert)
            {
                chain.Add(new PlacedFilter(bound, i, filter.IsGuard));
            }
        }

        return [.. chain];
    }

    // Workers may race to bind; either chain does, since a chain has no state but that of its filters, which are the same.
    private PlacedFilter[] Find(RuntimeHttpConnectionManager manager)
    {
        int count = 0;
        for (Bound? known = _bound; known is not null; known = known.Next)
        {
            if (known.Manager == manager)
            {
                return known.Chain;
            }

            count++;
        }

        PlacedFilter[] chain = Bind(manager.Filters);
        _bound = new Bound(manager, chain, count < MaxBound ? _bound : null);
        return chain;
    }

    private sealed record Bound(RuntimeHttpConnectionManager Manager, PlacedFilter[] Chain, Bound? Next);
}
