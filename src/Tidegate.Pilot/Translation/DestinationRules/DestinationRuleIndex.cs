using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Incremental;
using Tidegate.Pilot.Translation.Services;

namespace Tidegate.Pilot.Translation.DestinationRules;

/// <summary>Finds the DestinationRule that the gateway uses for a service (spec 5.3).</summary>
internal sealed class DestinationRuleIndex
{
    private readonly ProxyNode _node;
    private readonly MeshSettings _mesh;
    private readonly Dictionary<string, DestinationRuleSet> _local = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DestinationRuleSet> _exported = new(StringComparer.Ordinal);
    private readonly DestinationRuleSet _rootPrivate;
    private readonly Dictionary<(string Host, string Namespace), EffectiveDestinationRule?> _found = [];

    /// <summary>Indexes the rules.</summary>
    /// <param name="rules">All rules.</param>
    /// <param name="node">The gateway.</param>
    /// <param name="mesh">Mesh settings.</param>
    /// <param name="memo">Keeps what is merged the same instance as long as it is made of the same rules.</param>
    public DestinationRuleIndex(
        IEnumerable<DestinationRule> rules, ProxyNode node, MeshSettings mesh, Memo<IdentityList, EffectiveDestinationRule> memo)
    {
        _node = node;
        _mesh = mesh;
        _rootPrivate = new DestinationRuleSet(memo);
        // Rules with a selector first, so that those without are merged into them.
        foreach (var rule in rules.OrderBy(rule => rule.Spec.WorkloadSelector is null).ThenBy(rule => rule, ResourceAge.Comparer))
        {
            Add(rule, memo);
        }
        foreach (var set in _local.Values.Concat(_exported.Values).Append(_rootPrivate))
        {
            set.Complete();
        }
    }

    /// <summary>The rule for a service, or null.</summary>
    public EffectiveDestinationRule? Find(MeshService service) => Find(service.Hostname, service.Namespace);

    /// <summary>The rule for a host that no service may have; <paramref name="serviceNamespace"/> is then empty.</summary>
    public EffectiveDestinationRule? Find(string host, string serviceNamespace)
    {
        if (!_found.TryGetValue((host, serviceNamespace), out var rule))
        {
            rule = Candidates(host, serviceNamespace) is { } candidates ? Select(candidates) : null;
            _found[(host, serviceNamespace)] = rule;
        }
        return rule;
    }

    /// <summary>
    /// A rule of the proxy's own namespace that selects it, else the last of those without a selector (Istio's
    /// <c>SidecarScope.DestinationRule</c>; several remain only when they are exported to different namespaces).
    /// </summary>
    private EffectiveDestinationRule? Select(IReadOnlyList<EffectiveDestinationRule> candidates) =>
        candidates.FirstOrDefault(candidate =>
            candidate.Selector is not null && candidate.First.Namespace == _node.Namespace && _node.IsSelectedBy(candidate.Selector))
        ?? candidates.LastOrDefault(candidate => candidate.Selector is null);

    /// <summary>The first level that has a rule for the host at all wins whole.</summary>
    private IReadOnlyList<EffectiveDestinationRule>? Candidates(string host, string serviceNamespace)
    {
        var own = _node.Namespace == _mesh.RootNamespace ? _rootPrivate : _local.GetValueOrDefault(_node.Namespace);
        return own?.Find(host) ?? Exported(serviceNamespace, host) ?? Exported(_mesh.RootNamespace, host);
    }

    private List<EffectiveDestinationRule>? Exported(string owner, string host)
    {
        var rules = _exported.GetValueOrDefault(owner)?.Find(host)?
            .Where(rule => rule.ExportTo.Count == 0 || Visibility.IsVisible(rule.ExportTo, [], owner, _node.Namespace))
            .ToList();
        return rules is { Count: > 0 } ? rules : null;
    }

    private void Add(DestinationRule rule, Memo<IdentityList, EffectiveDestinationRule> memo)
    {
        var own = rule.Namespace;
        var host = HostNames.Expand(rule.Spec.Host, own, _mesh.DomainSuffix);
        // A rule for selected workloads is nobody else's business.
        IReadOnlyList<string> exportTo = rule.Spec.WorkloadSelector is null ? rule.Spec.ExportTo : ["."];
        if (exportTo.Count == 0 || exportTo.Contains("*") || exportTo.Contains(".") || exportTo.Contains(own))
        {
            SetOf(_local, own, memo).Add(rule, host, exportTo);
        }
        var isPrivate = exportTo.Count == 0
            ? _mesh.DefaultDestinationRuleExportTo.Contains(".")
            : exportTo is ["."] || (exportTo.Count == 1 && exportTo[0] == own);
        if (!isPrivate)
        {
            SetOf(_exported, own, memo).Add(rule, host, exportTo);
        }
        else if (own == _mesh.RootNamespace)
        {
            _rootPrivate.Add(rule, host, exportTo);
        }
    }

    private static DestinationRuleSet SetOf(
        Dictionary<string, DestinationRuleSet> sets, string namespaceName, Memo<IdentityList, EffectiveDestinationRule> memo)
    {
        if (!sets.TryGetValue(namespaceName, out var set))
        {
            sets[namespaceName] = set = new DestinationRuleSet(memo);
        }
        return set;
    }
}
