using Envoy.Config.Core.V3;
using Envoy.Config.Endpoint.V3;

namespace Tidegate.Proxy.Clusters;

/// <summary>
/// All endpoints of a cluster at one time, sorted as a load balancer needs them. Immutable, but for what <see cref="RuntimeEndpoint.State"/>
/// says: weights and health in here are those of the time when the set was made.
/// </summary>
public sealed class EndpointSet
{
    /// <summary>No endpoints.</summary>
    public static readonly EndpointSet Empty = new([], 140, null);

    private readonly RuntimeEndpoint[] _all;
    private readonly EndpointPriority[] _priorities;
    private readonly EndpointLocality[] _localities;

    /// <summary>A set of endpoints with their states.</summary>
    /// <param name="localities">The localities, of all priorities, in the order of the assignment.</param>
    /// <param name="overprovisioningFactor">In percent: a priority with 1/factor of its endpoints healthy still takes all requests (Envoy: 140).</param>
    /// <param name="source">The assignment that it was made from, if it was.</param>
    public EndpointSet(IReadOnlyList<EndpointLocality> localities, uint overprovisioningFactor, ClusterLoadAssignment? source)
    {
        Source = source;
        _localities = [.. localities];
        OverprovisioningFactor = overprovisioningFactor;
        _all = [.. localities.SelectMany(static locality => locality.All.Members).Select(static member => member.Endpoint)];

        // A priority without any endpoint still has its number: what is below it stays below.
        uint count = localities.Count == 0 ? 0 : localities.Max(static locality => locality.Priority) + 1;
        _priorities = new EndpointPriority[count];
        for (uint i = 0; i < count; i++)
        {
            uint priority = i;
            _priorities[i] = new EndpointPriority([.. localities.Where(locality => locality.Priority == priority)]);
        }
    }

    /// <summary>All endpoints, unhealthy ones included.</summary>
    public IReadOnlyList<RuntimeEndpoint> All => _all;

    /// <summary>The endpoints by priority; the first is tried first.</summary>
    public IReadOnlyList<EndpointPriority> Priorities => _priorities;

    /// <summary>In percent: a priority with 1/factor of its endpoints healthy still takes all requests.</summary>
    public uint OverprovisioningFactor { get; }

    /// <summary>The assignment that it was made from; null for none, and for DNS.</summary>
    public ClusterLoadAssignment? Source { get; }

    /// <summary>The same endpoints sorted anew by their health as it is now.</summary>
    public EndpointSet WithPresentHealth() => new([.. _localities.Select(static locality => locality.WithPresentHealth())], OverprovisioningFactor, Source);
}

/// <summary>The endpoints of one priority.</summary>
public sealed class EndpointPriority
{
    internal EndpointPriority(IReadOnlyList<EndpointLocality> localities)
    {
        Localities = localities;
        All = EndpointGroup.Of(localities.SelectMany(static locality => locality.All.Members));
        Healthy = EndpointGroup.Of(localities.SelectMany(static locality => locality.Healthy.Members));
        Degraded = EndpointGroup.Of(localities.SelectMany(static locality => locality.Degraded.Members));
    }

    /// <summary>Its localities.</summary>
    public IReadOnlyList<EndpointLocality> Localities { get; }

    /// <summary>All its endpoints.</summary>
    public EndpointGroup All { get; }

    /// <summary>Those that requests may go to.</summary>
    public EndpointGroup Healthy { get; }

    /// <summary>Those that requests may go to when no healthy one is left.</summary>
    public EndpointGroup Degraded { get; }
}

/// <summary>The endpoints of one locality in one priority.</summary>
public sealed class EndpointLocality
{
    private readonly (RuntimeEndpoint Endpoint, EndpointState State)[] _members;

    /// <summary>A locality.</summary>
    /// <param name="locality">Region, zone and sub-zone; null when the assignment names none.</param>
    /// <param name="priority">0 is the highest.</param>
    /// <param name="weight">Its share among the localities of its priority; 0 when it is not set, which is no requests with locality weights.</param>
    /// <param name="endpoints">Its endpoints with the states they are to have.</param>
    public EndpointLocality(Locality? locality, uint priority, uint weight, IEnumerable<(RuntimeEndpoint Endpoint, EndpointState State)> endpoints)
    {
        Locality = locality;
        Priority = priority;
        Weight = weight;
        _members = [.. endpoints];
        All = Group(_members, null);
        Healthy = Group(_members, EndpointHealth.Healthy);
        Degraded = Group(_members, EndpointHealth.Degraded);
    }

    /// <summary>Region, zone and sub-zone; null when the assignment names none.</summary>
    public Locality? Locality { get; }

    /// <summary>Its priority.</summary>
    public uint Priority { get; }

    /// <summary>Its share among the localities of its priority.</summary>
    public uint Weight { get; }

    /// <summary>All its endpoints.</summary>
    public EndpointGroup All { get; }

    /// <summary>Those that requests may go to.</summary>
    public EndpointGroup Healthy { get; }

    /// <summary>Those that requests may go to when no healthy one is left.</summary>
    public EndpointGroup Degraded { get; }

    internal EndpointLocality WithPresentHealth() => new(Locality, Priority, Weight, _members);

    private static EndpointGroup Group((RuntimeEndpoint Endpoint, EndpointState State)[] members, EndpointHealth? health) => EndpointGroup.Of(members
        .Where(member => health is null || member.Endpoint.HealthWith(member.State) == health)
        .Select(static member => new WeightedEndpoint(member.Endpoint, member.State.Weight)));
}
