namespace Tidegate.Proxy.Listeners;

/// <summary>Which listeners come to an end; each has those before it among its own.</summary>
public enum DrainScope
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those for traffic into a workload (<c>traffic_direction: INBOUND</c>); a gateway has none (Envoy: <c>inboundonly</c>).</summary>
    Inbound,

    /// <summary>All for traffic, but not those of the bootstrap: readiness and metrics are answered to the end.</summary>
    Traffic,

    /// <summary>All.</summary>
    All,
}
