using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>The policies that each route configuration's routes have, so that the connection managers that serve it have their filters.</summary>
internal sealed class PolicyChains
{
    /// <summary>No policies anywhere.</summary>
    public static readonly PolicyChains None = new(new Dictionary<string, IReadOnlyList<SecurityPolicyFilters>>());

    private readonly IReadOnlyDictionary<string, IReadOnlyList<SecurityPolicyFilters>> _policies;

    private PolicyChains(IReadOnlyDictionary<string, IReadOnlyList<SecurityPolicyFilters>> policies) => _policies = policies;

    /// <summary>The policies by the name of the route configuration; the earlier ones themselves where nothing else is said.</summary>
    public static PolicyChains Of(IReadOnlyDictionary<string, IReadOnlyList<SecurityPolicyFilters>> policies, PolicyChains earlier) =>
        policies.Count == 0 ? None
        : policies.Count == earlier._policies.Count
            && policies.All(pair => earlier._policies.TryGetValue(pair.Key, out IReadOnlyList<SecurityPolicyFilters>? known) && known.SequenceEqual(pair.Value)) ? earlier
        : new PolicyChains(policies);

    /// <summary>The filters at some places, in order; of several policies by their names.</summary>
    /// <param name="routeName">The route configuration.</param>
    /// <param name="from">The first place.</param>
    /// <param name="to">The last place.</param>
    public IEnumerable<HttpFilter> Filters(string routeName, PolicyPlace from, PolicyPlace to) =>
        !_policies.TryGetValue(routeName, out IReadOnlyList<SecurityPolicyFilters>? policies) ? [] : policies
            .SelectMany(static policy => policy.Chain)
            .Where(filter => filter.Place >= from && filter.Place <= to)
            .DistinctBy(static filter => filter.Filter.Name)
            .OrderBy(static filter => filter.Place)
            .ThenBy(static filter => filter.Filter.Name, StringComparer.Ordinal)
            .Select(static filter => filter.Filter);
}
