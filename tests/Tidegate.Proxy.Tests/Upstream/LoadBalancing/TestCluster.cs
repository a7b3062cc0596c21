using System.Globalization;
using System.Net;
using Tidegate.Proxy.Clusters;
using Tidegate.Proxy.Clusters.Balancing;
using Tidegate.Proxy.Upstream.LoadBalancing;

namespace Tidegate.Proxy.Tests.Upstream.LoadBalancing;

/// <summary>
/// Endpoints with one load balancer over them, a seeded source of chance, a clock that is turned by hand and requests under way that are set by hand.
/// </summary>
internal sealed class TestCluster
{
    private readonly Dictionary<string, int> _active = [];
    private readonly List<EndpointLocality> _localities = [];
    private readonly LoadBalancerPolicy _policy;
    private readonly LoadBalancer _balancer;
    private int _count;

    public TestCluster(LoadBalancerPolicy policy, int seed = 1)
    {
        _policy = policy;
        _balancer = LoadBalancer.Create(policy, new Random(seed), endpoint => _active.GetValueOrDefault(endpoint.Hostname), () => NowMs);
    }

    public long NowMs { get; set; } = 1_000_000;

    public BalancingPlan Plan { get; private set; } = BalancingPlan.Empty;

    /// <summary>In percent.</summary>
    public uint Overprovisioning { get; init; } = 140;

    /// <summary>Endpoints of a locality: <c>a</c>, <c>a*3</c> for a weight, <c>a!</c> for an unhealthy one, <c>a~</c> for a degraded one.</summary>
    public TestCluster With(uint priority, uint localityWeight, params string[] endpoints)
    {
        List<(RuntimeEndpoint, EndpointState)> members = [];
        foreach (string text in endpoints)
        {
            string[] parts = text.TrimEnd('!', '~').Split('*');
            var state = new EndpointState
            {
                Weight = parts.Length > 1 ? uint.Parse(parts[1], CultureInfo.InvariantCulture) : 1,
                Health = text[^1] switch { '!' => EndpointHealth.Unhealthy, '~' => EndpointHealth.Degraded, _ => EndpointHealth.Healthy },
                Priority = priority,
            };
            int index = _count++;
            members.Add((new RuntimeEndpoint(index, new IPEndPoint(new IPAddress([10, 0, (byte)(index >> 8), (byte)index]), 80), parts[0], state), state));
        }

        _localities.Add(new EndpointLocality(null, priority, localityWeight, members));
        Plan = BalancingPlan.Of(new EndpointSet(_localities, Overprovisioning, null), _policy);
        return this;
    }

    /// <summary>Endpoints of one locality in the first priority.</summary>
    public TestCluster With(params string[] endpoints) => With(0, 1, endpoints);

    public RuntimeEndpoint Endpoint(string name) => Plan.Endpoints.All.Single(endpoint => endpoint.Hostname == name);

    public void SetActive(string name, int count) => _active[name] = count;

    public string? Choose(ulong? hash = null, int attempt = 0, ulong passedOver = 0) => _balancer.Choose(Plan, hash, attempt, passedOver, out _)?.Hostname;

    /// <summary>How often each is chosen.</summary>
    public Dictionary<string, int> Count(int requests)
    {
        Dictionary<string, int> counts = Plan.Endpoints.All.ToDictionary(static endpoint => endpoint.Hostname, static _ => 0);
        for (int i = 0; i < requests; i++)
        {
            counts[Choose() ?? throw new InvalidOperationException("no endpoint")]++;
        }

        return counts;
    }

    /// <summary>The share of each in percent, rounded.</summary>
    public Dictionary<string, double> Shares(int requests) => Count(requests).ToDictionary(static pair => pair.Key, pair => pair.Value * 100.0 / requests);
}
