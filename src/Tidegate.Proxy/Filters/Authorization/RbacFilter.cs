using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing.Metadata;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.Authorization;

/// <summary>Lets requests in or keeps them out by policies (Envoy: <c>envoy.filters.http.rbac</c>; security-envoy.md 2 and 4).</summary>
internal sealed class RbacFilter : HttpFilter
{
    /// <summary>Under which name results are noted.</summary>
    public const string MetadataName = "envoy.filters.http.rbac";

    private StatScope<RbacStats>? _stats;
    private StatScope<RbacStats>? _shadowStats;

    /// <summary>The policies that are enforced; null when there are none.</summary>
    public AccessRules? Rules { get; init; }

    /// <summary>The policies whose results are only noted; null when there are none.</summary>
    public AccessRules? ShadowRules { get; init; }

    /// <summary>What the names of results begin with.</summary>
    public RbacResultNames Names { get; init; } = new(string.Empty);

    /// <summary>The same of the shadow rules.</summary>
    public RbacResultNames ShadowNames { get; init; } = new(string.Empty);

    /// <inheritdoc/>
    public override bool IsInert => Rules is null && ShadowRules is null;

    /// <inheritdoc/>
    public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run) => new(OnRequest(run));

    private LocalReply? OnRequest(FilterRun run)
    {
        HttpExchange exchange = run.Exchange;
        var subject = new AccessSubject(exchange);
        if (ShadowRules is not null)
        {
            AccessPolicy? match = ShadowRules.Find(subject);
            bool letsIn = ShadowRules.LetsIn(match);
            ShadowNames.NoteShadow(exchange.DynamicMetadata, MetadataName, match, letsIn);
            _shadowStats ??= run.Worker.Stats.AddRbac(run.StatScope, ShadowNames.Prefix);
            _shadowStats.ForWorker(run.Worker.Index).CountShadow(letsIn);
            StatsOf(match, run)?.CountShadow(letsIn);
        }

        if (Rules is null)
        {
            return null;
        }

        AccessPolicy? policy = Rules.Find(subject);
        bool isAllowed = Rules.LetsIn(policy);
        Names.NoteEnforced(exchange.DynamicMetadata, MetadataName, policy, isAllowed);
        _stats ??= run.Worker.Stats.AddRbac(run.StatScope, Names.Prefix);
        _stats.ForWorker(run.Worker.Index).Count(isAllowed);
        StatsOf(policy, run)?.Count(isAllowed);
        return isAllowed ? null : policy?.Denial ?? AccessRules.NotAllowed;
    }

    private static RbacStats? StatsOf(AccessPolicy? policy, FilterRun run) =>
        policy is null ? null : (policy.Stats ??= run.Worker.Stats.AddRbacPolicy(run.StatScope, policy.Name)).ForWorker(run.Worker.Index);
}

/// <summary>The names under which a filter notes what it has decided.</summary>
internal sealed class RbacResultNames(string prefix)
{
    private static readonly MetadataValue Allowed = MetadataValue.Of("allowed");
    private static readonly MetadataValue Denied = MetadataValue.Of("denied");

    private readonly string _enforcedResult = prefix + "enforced_engine_result";
    private readonly string _enforcedPolicy = prefix + "enforced_effective_policy_id";
    private readonly string _shadowResult = prefix + "shadow_engine_result";
    private readonly string _shadowPolicy = prefix + "shadow_effective_policy_id";

    /// <summary>What they begin with.</summary>
    public string Prefix => prefix;

    /// <summary>Notes an enforced decision. The policy of a filter before stays where none fits here, as with Envoy.</summary>
    public void NoteEnforced(DynamicMetadata metadata, string filter, AccessPolicy? policy, bool isAllowed)
    {
        if (policy is not null)
        {
            metadata.Set(filter, _enforcedPolicy, policy.Id);
        }

        metadata.Set(filter, _enforcedResult, isAllowed ? Allowed : Denied);
    }

    /// <summary>Notes a decision that has no effect.</summary>
    public void NoteShadow(DynamicMetadata metadata, string filter, AccessPolicy? policy, bool isAllowed)
    {
        if (policy is not null)
        {
            metadata.Set(filter, _shadowPolicy, policy.Id);
        }

        metadata.Set(filter, _shadowResult, isAllowed ? Allowed : Denied);
    }
}
