using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Translation.Incremental;

namespace Tidegate.Pilot.Translation.DestinationRules;

/// <summary>The rules of one namespace by host, merged as Istio's <c>mergeDestinationRule</c> does.</summary>
internal sealed class DestinationRuleSet(Memo<IdentityList, EffectiveDestinationRule> memo)
{
    private readonly Dictionary<string, List<Draft>> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Draft>> _wildcard = new(StringComparer.Ordinal);

    /// <summary>Takes a rule in, older ones first.</summary>
    public void Add(DestinationRule rule, string host, IReadOnlyList<string> exportTo)
    {
        var table = HostNames.IsWildcard(host) ? _wildcard : _exact;
        if (!table.TryGetValue(host, out var drafts))
        {
            table[host] = [new Draft(host, exportTo, [rule])];
            return;
        }
        bool isPartOfOther = false;
        foreach (Draft draft in drafts)
        {
            // A rule is merged into those that none but its own audience sees; it also stands for itself, unless one of them has just its audience.
            bool isSameAudience = SetEquals(exportTo, draft.ExportTo);
            if (!isSameAudience && !(draft.ExportTo.Count > 0 && draft.ExportTo.All(exportTo.Contains)))
            {
                continue;
            }

            IReadOnlyDictionary<string, string>? existingSelector = draft.Sources[0].Spec.WorkloadSelector;
            IReadOnlyDictionary<string, string>? selector = rule.Spec.WorkloadSelector;
            if (existingSelector is not null && selector is not null && !SameLabels(existingSelector, selector))
            {
                continue;
            }

            isPartOfOther |= isSameAudience && existingSelector is null == selector is null;
            draft.Sources.Add(rule);
        }

        if (!isPartOfOther)
        {
            drafts.Add(new Draft(host, exportTo, [rule]));
        }
    }

    /// <summary>The rules of a service's host: those that name it exactly, else those of the most specific wildcard.</summary>
    public IReadOnlyList<EffectiveDestinationRule>? Find(string host)
    {
        if (_exact.TryGetValue(host, out var drafts))
        {
            return Effective(drafts);
        }
        string? best = null;
        foreach (var wildcard in _wildcard.Keys)
        {
            if (HostNames.IsSubsetOf(host, wildcard) && (best is null || HostNames.CompareSpecificity(wildcard, best) < 0))
            {
                best = wildcard;
            }
        }
        return best is null ? null : Effective(_wildcard[best]);
    }

    /// <summary>Merges what there is to merge, once all rules are in.</summary>
    public void Complete()
    {
        foreach (var draft in _exact.Values.Concat(_wildcard.Values).SelectMany(drafts => drafts))
        {
            draft.Result = memo.GetOrAdd(new IdentityList(draft.Sources), draft, static (_, draft) => draft.Merge());
        }
    }

    private static List<EffectiveDestinationRule> Effective(List<Draft> drafts) => drafts.ConvertAll(draft => draft.Result!);

    private static bool SetEquals(IReadOnlyList<string> a, IReadOnlyList<string> b) => a.All(b.Contains) && b.All(a.Contains);

    private static bool SameLabels(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private sealed record Draft(string Host, IReadOnlyList<string> ExportTo, List<DestinationRule> Sources)
    {
        public EffectiveDestinationRule? Result { get; set; }

        public EffectiveDestinationRule Merge() => new()
        {
            Host = Host,
            ExportTo = ExportTo,
            Sources = [.. Sources],
            Selector = Sources[0].Spec.WorkloadSelector,
            TrafficPolicy = Sources.Select(source => source.Spec.TrafficPolicy).FirstOrDefault(policy => policy is not null),
            Subsets = Sources.Count == 1 ? Sources[0].Spec.Subsets : [.. Sources.SelectMany(source => source.Spec.Subsets).DistinctBy(subset => subset.Name)],
        };
    }
}
