using Tidegate.Pilot.Resources.SecurityPolicies;
using Tidegate.Pilot.Translation.Attachment;
using Tidegate.Pilot.Translation.Findings;
using Tidegate.Pilot.Translation.Gateways;
using Tidegate.Pilot.Translation.VirtualServices;

namespace Tidegate.Pilot.Translation.SecurityPolicies;

/// <summary>The SecurityPolicies of servers and routes, translated.</summary>
internal sealed class SecurityPolicyIndex
{
    /// <summary>There are none.</summary>
    public static readonly SecurityPolicyIndex Empty = new(new PolicyAttachments<SecurityPolicy>([], []), static _ => throw new InvalidOperationException("there is no policy"));

    private readonly PolicyAttachments<SecurityPolicy> _attachments;
    private readonly Func<AttachedPolicy<SecurityPolicy>, SecurityPolicyFilters> _translate;
    private readonly Dictionary<AttachedPolicy<SecurityPolicy>, SecurityPolicyFilters> _translated = [];

    /// <param name="attachments">What policies are attached to.</param>
    /// <param name="translate">Translates one.</param>
    public SecurityPolicyIndex(PolicyAttachments<SecurityPolicy> attachments, Func<AttachedPolicy<SecurityPolicy>, SecurityPolicyFilters> translate) =>
        (_attachments, _translate) = (attachments, translate);

    /// <summary>Those that somebody has asked for.</summary>
    public IEnumerable<SecurityPolicyFilters> Used => _translated.Values;

    /// <summary>What does not work as it is written, with what is known of those that somebody has asked for.</summary>
    public IEnumerable<Finding> Findings => _attachments.Findings.Concat(Used.SelectMany(static policy => policy.Findings));

    /// <summary>The policies of the HTTP routes of a VirtualService on a server, by route; empty where there are no policies at all.</summary>
    public IReadOnlyList<SecurityPolicyFilters?> Of(BoundServer server, BoundVirtualService service)
    {
        if (_attachments.IsEmpty)
        {
            return [];
        }

        var policies = new SecurityPolicyFilters?[service.HttpRoutes.Count];
        for (int i = 0; i < policies.Length; i++)
        {
            policies[i] = Of(_attachments.Of(server, service, i));
        }

        return Array.TrueForAll(policies, static policy => policy is null) ? [] : policies;
    }

    /// <summary>The policy of the connections of bytes that a server passes on; null where there is none.</summary>
    /// <param name="server">The server.</param>
    /// <param name="service">The VirtualService that says where to; null where none does.</param>
    /// <param name="isMeant">Whether it is attached to these connections, and not to all that a Gateway has.</param>
    public SecurityPolicyFilters? OfBytes(BoundServer server, BoundVirtualService? service, out bool isMeant) =>
        Of(_attachments.OfBytes(server, service, out isMeant));

    private SecurityPolicyFilters? Of(AttachedPolicy<SecurityPolicy> attached)
    {
        if (attached.Policy is null)
        {
            return null;
        }

        if (!_translated.TryGetValue(attached, out SecurityPolicyFilters? filters))
        {
            _translated[attached] = filters = _translate(attached);
        }

        return filters;
    }
}
