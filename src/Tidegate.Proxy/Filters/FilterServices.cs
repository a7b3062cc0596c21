using System.Collections.Concurrent;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Upstream;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// What filters share beyond one request. Of the whole process: one object of each type, made when it is first asked for (key sets, caches); it has to be safe
/// for all workers. Of the worker: a way to ask a cluster something on its loop.
/// </summary>
internal sealed class FilterServices(WorkerClusters clusters, ConcurrentDictionary<Type, Lazy<object>> shared)
{
    /// <summary>The one object of a type.</summary>
    public T Shared<T>(Func<T> make)
        where T : class => (T)shared.GetOrAdd(typeof(T), static (_, maker) => new Lazy<object>(() => maker()), make).Value;

    /// <summary>Requests of our own to a cluster; null when it does not exist.</summary>
    public ClusterClient? ClientOf(ClusterSlot slot) => clusters.Of(slot) is { } cluster ? new ClusterClient(clusters.Worker, cluster) : null;
}
