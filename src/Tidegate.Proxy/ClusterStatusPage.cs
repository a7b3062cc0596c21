using System.Net.Sockets;
using Envoy.Admin.V3;
using Envoy.Config.Core.V3;
using Envoy.Type.V3;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Configuration;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy;

/// <summary>Tells of every cluster and its endpoints, in the shape of Envoy's <c>/clusters</c> page.</summary>
internal static class ClusterStatusPage
{
    /// <summary>Makes the page.</summary>
    public static Envoy.Admin.V3.Clusters Make(RuntimeConfiguration configuration)
    {
        var page = new Envoy.Admin.V3.Clusters();
        foreach (RuntimeCluster cluster in configuration.Clusters)
        {
            var status = new ClusterStatus
            {
                Name = cluster.Name,
                AddedViaApi = !cluster.IsStatic,
                ObservabilityName = cluster.StatName,
                EdsServiceName = cluster.EdsServiceName,
                CircuitBreakers = LimitsOf(cluster),
            };
            status.HostStatuses.AddRange(cluster.Endpoints.All.Select(HostOf));
            page.ClusterStatuses.Add(status);
        }

        return page;
    }

    private static HostStatus HostOf(RuntimeEndpoint endpoint)
    {
        EndpointState state = endpoint.State;
        EndpointHealthFlags flags = endpoint.HealthFlags;
        return new HostStatus
        {
            Address = AddressOf(endpoint),
            Stats = { StatTables.Endpoint.Fields.Select(field => MetricOf(field, endpoint)) },
            HealthStatus = new HostHealthStatus
            {
                EdsHealthStatus = state.EdsHealth == HealthStatus.Unknown ? HealthStatus.Healthy : state.EdsHealth,
                FailedActiveHealthCheck = flags.HasFlag(EndpointHealthFlags.FailedActiveHealthCheck),
                FailedOutlierCheck = flags.HasFlag(EndpointHealthFlags.FailedOutlierCheck),
                PendingActiveHc = flags.HasFlag(EndpointHealthFlags.PendingActiveHealthCheck),
                ActiveHcTimeout = flags.HasFlag(EndpointHealthFlags.ActiveHealthCheckTimeout),
            },
            Weight = state.Weight,
            Hostname = endpoint.Hostname,
            Priority = state.Priority,
            Locality = state.Locality ?? new Locality(),
            SuccessRate = PercentOf(endpoint.Counters.SuccessRate),
            LocalOriginSuccessRate = PercentOf(endpoint.Counters.LocalOriginSuccessRate),
        };
    }

    private static Percent? PercentOf(double rate) => rate < 0 ? null : new Percent { Value = rate };

    private static SimpleMetric MetricOf(StatField<EndpointStats> field, RuntimeEndpoint endpoint) => new()
    {
        Name = field.Name.Name,
        Value = (ulong)endpoint.Counters.Sum(field),
        Type = field.Kind == StatKind.Gauge ? SimpleMetric.Types.Type.Gauge : SimpleMetric.Types.Type.Counter,
    };

    private static Address AddressOf(RuntimeEndpoint endpoint) => endpoint.EndPoint is UnixDomainSocketEndPoint path
        ? new Address { Pipe = new Pipe { Path = path.ToString() } }
        : new Address { SocketAddress = new SocketAddress { Address = endpoint.Address.ToIPAddress().ToString(), PortValue = (uint)endpoint.Address.Port } };

    private static Envoy.Config.Cluster.V3.CircuitBreakers LimitsOf(RuntimeCluster cluster)
    {
        Clusters.CircuitBreakers limits = cluster.CircuitBreakers;
        var page = new Envoy.Config.Cluster.V3.CircuitBreakers();
        foreach (RoutingPriority priority in new[] { RoutingPriority.Default, RoutingPriority.High })
        {
            // Istio sets the default priority only; the other has Envoy's own limits.
            Clusters.CircuitBreakers shown = priority == RoutingPriority.Default ? limits : Clusters.CircuitBreakers.Default;
            page.Thresholds.Add(new Envoy.Config.Cluster.V3.CircuitBreakers.Types.Thresholds
            {
                Priority = priority,
                MaxConnections = shown.MaxConnections,
                MaxPendingRequests = shown.MaxPendingRequests,
                MaxRequests = shown.MaxRequests,
                MaxRetries = shown.MaxRetries,
            });
        }

        return page;
    }
}
