using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Clusters;

/// <summary>The traffic policy that holds for one port, of the whole service or of a subset (spec 5.4). Blocks are taken whole, never merged field by field.</summary>
internal sealed record EffectiveTrafficPolicy
{
    public ConnectionPoolSettings? ConnectionPool { get; init; }

    public LoadBalancerSettings? LoadBalancer { get; init; }

    public OutlierDetection? OutlierDetection { get; init; }

    public ClientTlsSettings? Tls { get; init; }

    public ProxyProtocolVersion? ProxyProtocol { get; init; }

    public RetryBudget? RetryBudget { get; init; }

    public TunnelSettings? Tunnel { get; init; }

    /// <summary>Whether connections go to the address that the client asked for.</summary>
    public bool IsPassthrough => LoadBalancer?.Simple == SimpleLb.Passthrough;

    /// <summary>The policy of the rule for a port: a setting for the port replaces all the rest.</summary>
    public static EffectiveTrafficPolicy ForPort(TrafficPolicy? policy, int port) =>
        policy is null ? new EffectiveTrafficPolicy() : PortSetting(policy, port) is { } setting ? FromPort(setting) : FromPolicy(policy);

    /// <summary>This policy with what a subset says on top. A subset's setting for the port replaces its four blocks, also those it leaves out.</summary>
    public EffectiveTrafficPolicy WithSubset(TrafficPolicy? subset, int port)
    {
        if (subset is null)
        {
            return this;
        }
        if (PortSetting(subset, port) is { } setting)
        {
            return FromPort(setting) with { ProxyProtocol = ProxyProtocol, RetryBudget = RetryBudget, Tunnel = Tunnel };
        }
        return new EffectiveTrafficPolicy
        {
            ConnectionPool = subset.ConnectionPool ?? ConnectionPool,
            LoadBalancer = subset.LoadBalancer ?? LoadBalancer,
            OutlierDetection = subset.OutlierDetection ?? OutlierDetection,
            Tls = subset.Tls ?? Tls,
            ProxyProtocol = subset.ProxyProtocol ?? ProxyProtocol,
            RetryBudget = subset.RetryBudget ?? RetryBudget,
            Tunnel = subset.Tunnel ?? Tunnel,
        };
    }

    /// <summary>This policy with the mesh's <c>defaultTrafficPolicy</c> for the blocks that are not there.</summary>
    public EffectiveTrafficPolicy WithDefaults(MeshSettings mesh) => mesh is { DefaultConnectionPool: null, DefaultOutlierDetection: null } ? this : this with
    {
        ConnectionPool = ConnectionPool ?? mesh.DefaultConnectionPool,
        OutlierDetection = OutlierDetection ?? mesh.DefaultOutlierDetection,
    };

    private static PortTrafficPolicy? PortSetting(TrafficPolicy policy, int port) =>
        policy.PortLevelSettings.FirstOrDefault(setting => setting.Port == port);

    private static EffectiveTrafficPolicy FromPolicy(TrafficPolicy policy) => new()
    {
        ConnectionPool = policy.ConnectionPool,
        LoadBalancer = policy.LoadBalancer,
        OutlierDetection = policy.OutlierDetection,
        Tls = policy.Tls,
        ProxyProtocol = policy.ProxyProtocol,
        RetryBudget = policy.RetryBudget,
        Tunnel = policy.Tunnel,
    };

    private static EffectiveTrafficPolicy FromPort(PortTrafficPolicy setting) => new()
    {
        ConnectionPool = setting.ConnectionPool,
        LoadBalancer = setting.LoadBalancer,
        OutlierDetection = setting.OutlierDetection,
        Tls = setting.Tls,
    };
}
