using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Filters.ExternalAuthorization;

/// <summary>Asks an authorizer whether a connection may go on (Envoy: <c>envoy.filters.network.ext_authz</c>).</summary>
internal sealed class ConnectionExtAuthzFilter : ConnectionFilter
{
    /// <summary>Who is asked.</summary>
    public required GrpcAuthorizer Authorizer { get; init; }

    /// <summary>Which connections it is asked about, by what filters have noted; null for all.</summary>
    public MetadataMatcher? EnabledBy { get; init; }

    /// <summary>Whether connections go on that nobody could be asked about.</summary>
    public bool AllowsFailure { get; init; }

    /// <summary>What the names of counters begin with.</summary>
    public string StatPrefix { get; init; } = string.Empty;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    public override async ValueTask<ConnectionRefusal?> OnConnectedAsync(ConnectionRun run)
    {
        ConnectionExtAuthzStats stats = run.Worker.Stats.AddTcpExtAuthz(run.StatScope, StatPrefix).ForWorker(run.Worker.Index);
        if (EnabledBy is not null && !EnabledBy.Matches(run.Metadata))
        {
            stats.Disabled++;
            return null;
        }

        stats.Total++;
        AuthorizerVerdict verdict = await Authorizer.AskAsync(run);
        switch (verdict.Decision)
        {
            case AuthorizerDecision.Allowed:
                stats.Ok++;
                return null;
            case AuthorizerDecision.Denied:
                stats.Denied++;
                stats.Closed++;
                return new ConnectionRefusal(null, "ext_authz_denied", ResponseFlags.UnauthorizedExternalService);
            default:
                stats.Error++;
                if (AllowsFailure)
                {
                    stats.FailureModeAllowed++;
                    return null;
                }

                stats.Closed++;
                return new ConnectionRefusal(null, "ext_authz_error", ResponseFlags.UnauthorizedExternalService);
        }
    }
}
