namespace Tidegate.Proxy.Clusters.Balancing;

/// <summary>
/// Leads from a request's hash to an endpoint so that few hashes lead elsewhere when an endpoint comes or goes. Made once per change of the
/// endpoints, on a control thread; immutable, and shared by all workers.
/// </summary>
public abstract class ConsistentHashTable
{
    /// <summary>The endpoint of a hash.</summary>
    /// <param name="hash">The request's hash.</param>
    /// <param name="attempt">0, or how many endpoints were passed over because they had been tried: leads to other ones.</param>
    public abstract RuntimeEndpoint Choose(ulong hash, int attempt);

    /// <summary>The table that a policy asks for; null when there are no endpoints.</summary>
    /// <param name="policy">A policy that goes by hashes.</param>
    /// <param name="members">The endpoints with their shares of the sum of all, which is 1.</param>
    public static ConsistentHashTable? Create(LoadBalancerPolicy policy, IReadOnlyList<HashedEndpoint> members)
    {
        if (members.Count == 0)
        {
            return null;
        }

        return policy.Kind == LoadBalancerKind.Maglev
            ? new MaglevTable(members, policy.MaglevTableSize)
            : new HashRing(members, policy.RingHash);
    }
}

/// <summary>An endpoint as a hash table sees it.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Key">What stands for it: its address, or its name where the cluster says so (Envoy: <c>use_hostname_for_hashing</c>).</param>
/// <param name="Share">Its share of all requests, up to 1.</param>
public readonly record struct HashedEndpoint(RuntimeEndpoint Endpoint, byte[] Key, double Share);
