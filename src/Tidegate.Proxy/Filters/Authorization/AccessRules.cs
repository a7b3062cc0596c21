using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.Authorization;

/// <summary>What becomes of those whom a policy fits (Envoy: <c>RBAC.Action</c>).</summary>
internal enum AccessAction : byte
{
    /// <summary>They are let in, and nobody else.</summary>
    Allow,

    /// <summary>They are kept out, and nobody else.</summary>
    Deny,

    /// <summary>They are noted; everybody is let in.</summary>
    Log,
}

/// <summary>A policy: whom it fits.</summary>
/// <param name="Name">Its name, such as <c>ns[shop]-policy[api]-rule[0]</c>.</param>
/// <param name="Condition">Whom it fits.</param>
internal sealed record AccessPolicy(string Name, AccessCondition Condition)
{
    /// <summary>The name for metadata.</summary>
    public MetadataValue Id { get; } = MetadataValue.Of(Name);

    /// <summary>What those get who are kept out by it.</summary>
    public LocalReply Denial { get; } = AccessRules.DenialOf(Name);

    /// <summary>What is seen at a glance of the paths that it may fit; empty where it may fit any.</summary>
    public PathHint[] Hints { get; } = [.. Condition.NeededPaths?.Paths.Select(PathHint.Of) ?? []];

    /// <summary>What is counted of it; null before it has fitted for the first time.</summary>
    public StatScope<RbacStats>? Stats { get; set; }

    /// <summary>How often it has fitted.</summary>
    public long Matched
    {
        get
        {
            long matched = 0;
            for (int i = 0; i < (Stats?.Concurrency ?? 0); i++)
            {
                RbacStats counted = Stats!.ForWorker(i);
                matched += counted.Allowed + counted.Denied + counted.ShadowAllowed + counted.ShadowDenied;
            }

            return matched;
        }
    }
}

/// <summary>
/// The policies of one action (Envoy: <c>config.rbac.v3.RBAC</c>). The first that fits counts, in the order of their names, as with Envoy. Immutable.
/// </summary>
internal sealed class AccessRules
{
    private const string DetailsPrefix = "rbac_access_denied_matched_policy";

    private static readonly byte[] Body = "RBAC: access denied"u8.ToArray();
    private readonly AccessPolicy[] _policies;

    /// <param name="action">What becomes of those whom a policy fits.</param>
    /// <param name="policies">The policies.</param>
    public AccessRules(AccessAction action, IEnumerable<AccessPolicy> policies)
    {
        Action = action;
        _policies = [.. policies.OrderBy(static policy => policy.Name, StringComparer.Ordinal).Where(static policy => policy.Condition != AccessCondition.Never)];
    }

    /// <summary>What those get who are let in by no policy.</summary>
    public static LocalReply NotAllowed { get; } = DenialOf("none");

    /// <summary>What becomes of those whom a policy fits.</summary>
    public AccessAction Action { get; }

    /// <summary>The policies that can fit somebody, in order.</summary>
    public IReadOnlyList<AccessPolicy> Policies => _policies;

    /// <summary>The first policy that fits; null when none does.</summary>
    public AccessPolicy? Find(in AccessSubject subject)
    {
        ReadOnlySpan<byte> path = subject.IsRequest ? subject.Request.PathWithoutQuery : default;
        ulong head = PathHint.HeadOf(path);
        foreach (AccessPolicy policy in _policies)
        {
            if ((policy.Hints.Length == 0 || PathHint.MayFit(policy.Hints, head, path.Length)) && policy.Condition.IsMet(subject))
            {
                return policy;
            }
        }

        return null;
    }

    /// <summary>Whether somebody is let in whom this policy, or none, fits.</summary>
    public bool LetsIn(AccessPolicy? policy) => Action == AccessAction.Log || (policy is not null) == (Action == AccessAction.Allow);

    /// <summary>The answer to whom a policy keeps out.</summary>
    public static LocalReply DenialOf(string policy) => new(403, Body, ResponseFlags.None, DetailsOf(policy));

    /// <summary>The details of a refusal.</summary>
    public static string DetailsOf(string policy) => $"{DetailsPrefix}[{policy.Replace(' ', '_')}]";
}
