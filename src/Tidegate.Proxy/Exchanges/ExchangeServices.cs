using System.Collections.Concurrent;
using Tidegate.Proxy.Exchanges.Forwarding;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Exchanges;

/// <summary>What all exchanges of one worker use.</summary>
internal sealed class ExchangeServices
{
    /// <param name="clusters">The worker's halves of the clusters.</param>
    /// <param name="shared">What filters of all workers share, one object of each type.</param>
    /// <param name="firstFilters">Filters of the process itself, in front of every chain.</param>
    public ExchangeServices(WorkerClusters clusters, ConcurrentDictionary<Type, Lazy<object>> shared, IReadOnlyList<HttpFilter> firstFilters)
    {
        Worker = clusters.Worker;
        Clusters = clusters;
        Filters = new FilterServices(clusters, shared);
        FirstFilters = firstFilters;
        Mirrors = new MirrorRequests(clusters.Worker);
    }

    /// <summary>The worker.</summary>
    public Worker Worker { get; }

    /// <summary>Its halves of the clusters.</summary>
    public WorkerClusters Clusters { get; }

    /// <summary>What filters share.</summary>
    public FilterServices Filters { get; }

    /// <summary>Filters of the process itself, in front of every chain; mostly none.</summary>
    public IReadOnlyList<HttpFilter> FirstFilters { get; }

    /// <summary>Copies of requests that are under way.</summary>
    public MirrorRequests Mirrors { get; }
}
