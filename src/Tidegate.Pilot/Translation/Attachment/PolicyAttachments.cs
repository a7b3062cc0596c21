using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.VirtualServices;
using Tidegate.Pilot.Validation;

namespace Tidegate.Pilot.Translation.Attachment;

/// <summary>The policy that counts somewhere.</summary>
/// <param name="Policy">The policy; null where there is none.</param>
/// <param name="Parent">The one above it that it wants to be merged into; null where it stands alone.</param>
internal readonly record struct AttachedPolicy<T>(T? Policy, T? Parent)
    where T : Resource;

/// <summary>
/// The policies of one kind, by what they are attached to, as Envoy Gateway has it: that of a route counts for the route, and not that of its Gateway; a section's
/// counts for the section, and not that of the object; of two for the very same thing the older one counts. A policy that does not count somewhere is told.
/// </summary>
internal sealed class PolicyAttachments<T>
    where T : Resource, IAttachedPolicy
{
    // More names of what overrides a policy tell nobody anything.
    private const int MostNamed = 5;

    private readonly Dictionary<PolicyTarget, T> _policies = [];
    private readonly List<Finding> _findings = [];

    /// <summary>Attaches policies.</summary>
    /// <param name="policies">The policies, oldest first.</param>
    /// <param name="objects">All that they can be attached to: the Gateways and VirtualServices that there are.</param>
    public PolicyAttachments(IReadOnlyList<T> policies, IEnumerable<Resource> objects)
    {
        if (policies.Count == 0)
        {
            return;
        }

        var known = new Candidates(objects);
        foreach (T policy in policies)
        {
            foreach ((AttachmentTarget target, string field) in policy.Attachment.Targets)
            {
                AttachOne(policy, target, field, known);
            }

            for (int i = 0; i < policy.Attachment.Selectors.Count; i++)
            {
                AttachSelected(policy, policy.Attachment.Selectors[i], $"targetSelectors[{i}]", known);
            }
        }

        TellOverridden(known);
    }

    /// <summary>Whether no policy is attached to anything.</summary>
    public bool IsEmpty => _policies.Count == 0;

    /// <summary>What does not work as it is written.</summary>
    public IReadOnlyList<Finding> Findings => _findings;

    /// <summary>The policy of what a server serves, but for routes that have one of their own.</summary>
    public T? Of(BoundServer server) => IsEmpty ? null : First(PolicyTarget.Of(server));

    /// <summary>The policy of an HTTP route of a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="service">The VirtualService that is bound to it.</param>
    /// <param name="route">The route's place in <see cref="BoundVirtualService.HttpRoutes"/>.</param>
    public AttachedPolicy<T> Of(BoundServer server, BoundVirtualService service, int route)
    {
        if (IsEmpty)
        {
            return default;
        }

        return Over(First(PolicyTarget.Of(service, service.Origins[route])), Of(server));
    }

    /// <summary>The policy of the connections of bytes that a server passes on.</summary>
    /// <param name="server">The server.</param>
    /// <param name="service">The VirtualService that says where to; null where none does.</param>
    /// <param name="isMeant">Whether it is attached to these connections, and not to all that a Gateway has.</param>
    public AttachedPolicy<T> OfBytes(BoundServer server, BoundVirtualService? service, out bool isMeant)
    {
        T? own = IsEmpty || service is null ? null : First([PolicyTarget.Of(service.Source)]);
        isMeant = own is not null || First(PolicyTarget.Of(server).Where(static target => target.Section.Length > 0)) is not null;
        return Over(own, Of(server));
    }

    private static AttachedPolicy<T> Over(T? own, T? above) =>
        own is null ? new AttachedPolicy<T>(above, null) : new AttachedPolicy<T>(own, own.Attachment.MergeType is null ? null : above);

    // What is not protected, or not limited, because a policy is attached to nothing.
    private static Severity Missing => typeof(IGuard).IsAssignableFrom(typeof(T)) ? Severity.Error : Severity.Warning;

    private T? First(IEnumerable<PolicyTarget> targets)
    {
        foreach (PolicyTarget target in targets)
        {
            if (_policies.TryGetValue(target, out T? policy))
            {
                return policy;
            }
        }

        return null;
    }

    private void AttachOne(T policy, AttachmentTarget target, string field, Candidates known)
    {
        if (known.Find(new ApiKind(target.Group, target.Kind), policy.Namespace, target.Name) is not { } found)
        {
            IEnumerable<string> names = known.In(new ApiKind(target.Group, target.Kind), policy.Namespace).Select(static one => one.Name);
            Tell(policy, $"{field}.name", NotThere($"{target.Kind} \"{target.Name}\"", $"of {target.Group} in namespace {policy.Namespace}", target.Name, names));
            return;
        }

        string[] sections = [.. PolicyTarget.SectionsOf(found)];
        if (target.SectionName.Length > 0 && !sections.Contains(target.SectionName))
        {
            Tell(policy, $"{field}.sectionName", NotThere($"section \"{target.SectionName}\"", $"in {found}", target.SectionName, sections));
            return;
        }

        Attach(policy, PolicyTarget.Of(found) with { Section = target.SectionName }, field);
    }

    private void AttachSelected(T policy, AttachmentSelector selector, string field, Candidates known)
    {
        bool isAny = false;
        foreach (Resource one in known.In(new ApiKind(selector.Group, selector.Kind), policy.Namespace))
        {
            if (selector.Labels.Selects(one.Metadata.Labels))
            {
                isAny = true;
                Attach(policy, PolicyTarget.Of(one), field);
            }
        }

        if (!isAny)
        {
            Tell(policy, field, $"no {selector.Kind} of {selector.Group} in namespace {policy.Namespace} has these labels, so the policy has no effect by them");
        }
    }

    private void Attach(T policy, PolicyTarget target, string field)
    {
        if (_policies.TryAdd(target, policy) || ReferenceEquals(_policies[target], policy))
        {
            return;
        }

        T other = _policies[target];
        _findings.Add(Finding.Warning(
            DiagnosticCodes.PolicyOverridden, policy, field, $"overridden by {other}, which is older or comes first by name, on {target}: of two for the same target one counts"));
    }

    // Who reads a policy has to know where it does not count.
    private void TellOverridden(Candidates known)
    {
        Dictionary<PolicyTarget, SortedSet<string>> within = [];
        foreach ((PolicyTarget target, T policy) in _policies)
        {
            foreach (PolicyTarget outer in policy.Attachment.MergeType is null ? OutsideOf(target, known) : [])
            {
                if (_policies.TryGetValue(outer, out T? other) && !ReferenceEquals(other, policy))
                {
                    SortedSet<string> names = within.GetValueOrDefault(outer) ?? (within[outer] = new SortedSet<string>(StringComparer.Ordinal));
                    names.Add($"{policy} on {target}");
                }
            }
        }

        foreach ((PolicyTarget target, SortedSet<string> names) in within)
        {
            string more = names.Count > MostNamed ? $" and {names.Count - MostNamed} more" : string.Empty;
            _findings.Add(Finding.Info(
                DiagnosticCodes.PolicyOverridden, _policies[target], "targetRefs", $"on {target} overridden by {string.Join("; ", names.Take(MostNamed))}{more}"));
        }
    }

    // What is wider than a target: the object of a section, the Gateways of a VirtualService and their sections.
    private static IEnumerable<PolicyTarget> OutsideOf(PolicyTarget target, Candidates known)
    {
        if (target.Section.Length > 0)
        {
            yield return target.Whole;
        }

        Resource? found = known.Find(new ApiKind(target.Group, target.Kind), target.Namespace, target.Name);
        foreach (string name in (found as VirtualService)?.Spec.Gateways ?? [])
        {
            string[] parts = VirtualServiceNames.GatewayName(name, target.Namespace).Split('/', 2);
            if (parts.Length == 2 && known.Find(Gateway.KindOfType, parts[0], parts[1]) is { } gateway)
            {
                PolicyTarget whole = PolicyTarget.Of(gateway);
                foreach (string section in PolicyTarget.SectionsOf(gateway).Prepend(string.Empty))
                {
                    yield return whole with { Section = section };
                }
            }
        }
    }

    private void Tell(T policy, string field, string message) => _findings.Add(new Finding(Missing, DiagnosticCodes.PolicyTargetMissing, policy, field, message));

    private static string NotThere(string what, string where, string name, IEnumerable<string> known)
    {
        string advice = NearestName.Of(name, known) is { } nearest ? $"; did you mean {nearest}?" : string.Empty;
        return $"there is no {what} {where}, so the policy has no effect there{advice}";
    }

    // What policies can be attached to, by kind and namespace, and by name.
    private sealed class Candidates(IEnumerable<Resource> objects)
    {
        private readonly Dictionary<(ApiKind Kind, string Namespace), Dictionary<string, Resource>> _all = objects
            .GroupBy(static one => (one.ApiKind, one.Namespace))
            .ToDictionary(static group => group.Key, static group => group.ToDictionary(static one => one.Name));

        public Resource? Find(ApiKind kind, string nameSpace, string name) => _all.GetValueOrDefault((kind, nameSpace))?.GetValueOrDefault(name);

        public Resource[] In(ApiKind kind, string nameSpace) => _all.TryGetValue((kind, nameSpace), out Dictionary<string, Resource>? found) ? [.. found.Values] : [];
    }
}
