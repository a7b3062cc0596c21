using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Upstream;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Filters;

/// <summary>
/// A filter for connections whose bytes are passed on. It decides before anything is connected upstream: what it needs is known of the connection, and no greeting of a
/// server reaches a client that is kept out (security-envoy.md 10). Immutable and shared by all workers.
/// </summary>
internal abstract class ConnectionFilter
{
    /// <summary>A client has connected. Null lets the connection go on.</summary>
    public abstract ValueTask<ConnectionRefusal?> OnConnectedAsync(ConnectionRun run);
}

/// <summary>A connection on its way through its filters.</summary>
/// <param name="Worker">The worker that owns it.</param>
/// <param name="Clusters">The clusters that can be asked.</param>
/// <param name="Traits">What is known of the client.</param>
/// <param name="StatScope">The scope of the chain's counters: what a filter adds beside it goes with it.</param>
internal sealed record ConnectionRun(Worker Worker, WorkerClusters Clusters, ConnectionTraits Traits, StatScope StatScope)
{
    /// <summary>What filters have noted of it.</summary>
    public DynamicMetadata Metadata { get; } = new();
}

/// <summary>What the log says of a connection that is kept out.</summary>
/// <param name="TerminationDetails">Envoy's <c>CONNECTION_TERMINATION_DETAILS</c>.</param>
/// <param name="CodeDetails">Envoy's <c>RESPONSE_CODE_DETAILS</c>.</param>
/// <param name="Flags">Its flags.</param>
internal sealed record ConnectionRefusal(string? TerminationDetails, string? CodeDetails = null, ResponseFlags Flags = ResponseFlags.None);
