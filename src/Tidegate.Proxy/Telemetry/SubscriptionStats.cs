namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy says of one kind of dynamic configuration: <c>cluster_manager.cds.</c>, <c>listener_manager.lds.</c>,
/// <c>http.STAT_PREFIX.rds.ROUTE.</c>. Written by control threads under the caller's own order; gauges are set when sampled (see <see cref="StatsStore.AddSampler"/>).
/// </summary>
public sealed class SubscriptionStats
{
    /// <summary><c>update_attempt</c>: Tries to get the configuration.</summary>
    public long UpdateAttempt;

    /// <summary><c>update_success</c>: Updates taken.</summary>
    public long UpdateSuccess;

    /// <summary><c>update_failure</c>: Tries that failed because of the connection.</summary>
    public long UpdateFailure;

    /// <summary><c>update_rejected</c>: Updates refused.</summary>
    public long UpdateRejected;

    /// <summary><c>update_time</c>: When the last update was taken, milliseconds of the Unix epoch.</summary>
    public long UpdateTime;

    /// <summary><c>update_duration</c>: Time to apply an update, milliseconds.</summary>
    public readonly Histogram UpdateDuration = new();

    /// <summary><c>version</c>: Hash of the version last taken.</summary>
    public long Version;

    /// <summary><c>init_fetch_timeout</c>: First tries that took too long.</summary>
    public long InitFetchTimeout;

    /// <summary><c>control_plane.connected_state</c>: 1 while the control plane is connected.</summary>
    public long ControlPlaneConnectedState;

    /// <summary><c>config_reload</c>: Updates that changed something.</summary>
    public long ConfigReload;

    /// <summary><c>version_text</c>: the version last taken; null before the first.</summary>
    public string? VersionText;
}
