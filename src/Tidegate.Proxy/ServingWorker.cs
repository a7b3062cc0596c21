using Microsoft.Extensions.Logging;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Downstream;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Listeners;
using Tidegate.Proxy.Tcp;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy;

/// <summary>All that one worker serves with, put together: its loop, its halves of clusters and listeners, and between them who speaks the protocols.</summary>
internal sealed class ServingWorker
{
    public ServingWorker(int index, WorkerResources resources, ILoggerFactory loggers)
    {
        ILogger logger = loggers.CreateLogger("connection");
        Worker = new Worker(index, resources.Options, resources.Stats, resources.Memory, resources.Health, resources.OwnPages, resources.OwnListeners, logger);
        Clusters = new WorkerClusters(Worker, resources.Clusters);
        var services = new ExchangeServices(Clusters, resources.SharedServices, resources.FirstFilters);
        Listeners = new WorkerListeners(Worker, resources.Listeners, new HttpServer(services), new TcpServer(Clusters), logger);
    }

    /// <summary>The loop and what everything on it needs.</summary>
    public Worker Worker { get; }

    /// <summary>Its halves of the clusters.</summary>
    public WorkerClusters Clusters { get; }

    /// <summary>Its halves of the listeners.</summary>
    public WorkerListeners Listeners { get; }

    /// <summary>A cluster, or its endpoints, changed, or it is gone.</summary>
    public void OnClusterChanged(ClusterSlot slot)
    {
        Clusters.OnChanged(slot);
        if (slot.Current is null)
        {
            Listeners.IstioMetrics.Forget(slot.Id);
        }
    }
}
