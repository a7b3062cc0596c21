using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Filters.Authorization;

/// <summary>Lets connections in or keeps them out by policies (Envoy: <c>envoy.filters.network.rbac</c>).</summary>
internal sealed class ConnectionRbacFilter : ConnectionFilter
{
    /// <summary>Under which name results are noted.</summary>
    public const string MetadataName = "envoy.filters.network.rbac";

    /// <summary>The policies that are enforced; null when there are none.</summary>
    public AccessRules? Rules { get; init; }

    /// <summary>The policies whose results are only noted; null when there are none.</summary>
    public AccessRules? ShadowRules { get; init; }

    /// <summary>What the names of counters begin with.</summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <summary>What the names of the shadow rules' results begin with.</summary>
    public RbacResultNames ShadowNames { get; init; } = new(string.Empty);

    /// <summary>The same of the others.</summary>
    public RbacResultNames Names { get; init; } = new(string.Empty);

    /// <inheritdoc/>
    public override ValueTask<ConnectionRefusal?> OnConnectedAsync(ConnectionRun run)
    {
        ConnectionTraits traits = run.Traits;
        var subject = new AccessSubject(traits.RemoteAddress, traits.LocalAddress, traits.ServerName, traits.Tls, run.Metadata);
        if (ShadowRules is not null)
        {
            AccessPolicy? match = ShadowRules.Find(subject);
            bool letsIn = ShadowRules.LetsIn(match);
            ShadowNames.NoteShadow(run.Metadata, MetadataName, match, letsIn);
            run.Worker.Stats.AddTcpRbac(run.StatScope, StatPrefix, ShadowNames.Prefix).ForWorker(run.Worker.Index).CountShadow(letsIn);
            StatsOf(match, run)?.CountShadow(letsIn);
        }

        if (Rules is null)
        {
            return default;
        }

        AccessPolicy? policy = Rules.Find(subject);
        bool isAllowed = Rules.LetsIn(policy);
        Names.NoteEnforced(run.Metadata, MetadataName, policy, isAllowed);
        run.Worker.Stats.AddTcpRbac(run.StatScope, StatPrefix, Names.Prefix).ForWorker(run.Worker.Index).Count(isAllowed);
        StatsOf(policy, run)?.Count(isAllowed);
        return new(isAllowed ? null : new ConnectionRefusal(AccessRules.DetailsOf(policy?.Name ?? "none")));
    }

    private RbacStats? StatsOf(AccessPolicy? policy, ConnectionRun run) =>
        policy is null ? null : (policy.Stats ??= run.Worker.Stats.AddTcpRbacPolicy(run.StatScope, StatPrefix, policy.Name)).ForWorker(run.Worker.Index);
}
