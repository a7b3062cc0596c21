using System.IO.Hashing;
using System.Text;

namespace Tidegate.Proxy.Telemetry;

/// <summary>
/// What Envoy says of one kind of dynamic configuration: <c>cluster_manager.cds.</c>, <c>listener_manager.lds.</c>,
/// <c>http.STAT_PREFIX.rds.ROUTE.</c>, <c>sds.NAME.</c>; of a cluster's endpoints it is among the cluster's own. Written by control threads under the
/// caller's own order.
/// </summary>
public sealed class SubscriptionStats
{
    /// <summary><c>update_attempt</c>: Updates that came.</summary>
    public long UpdateAttempt;

    /// <summary><c>update_success</c>: Updates taken.</summary>
    public long UpdateSuccess;

    /// <summary><c>update_rejected</c>: Updates refused, whole or in parts.</summary>
    public long UpdateRejected;

    /// <summary><c>update_time</c>: When the last update was taken, milliseconds of the Unix epoch.</summary>
    public long UpdateTime;

    /// <summary><c>update_duration</c>: Time to apply an update, milliseconds.</summary>
    public readonly Histogram UpdateDuration = new();

    /// <summary><c>version</c>: Hash of the version last taken.</summary>
    public long Version;

    /// <summary><c>config_reload</c>: Updates that changed something.</summary>
    public long ConfigReload;

    /// <summary><c>config_reload_time_ms</c>: When the last of them was taken, milliseconds of the Unix epoch.</summary>
    public long ConfigReloadTimeMs;

    /// <summary><c>version_text</c>: the version last taken; null before the first.</summary>
    public string? VersionText;

    /// <summary>Counts an update. What comes is what has changed, so each that is taken changes something.</summary>
    /// <param name="version">Its version.</param>
    /// <param name="isRejected">Whether it was refused, whole or in parts.</param>
    /// <param name="now">When it was applied.</param>
    /// <param name="took">How long that took.</param>
    public void Count(string version, bool isRejected, DateTimeOffset now, TimeSpan took)
    {
        UpdateAttempt++;
        if (isRejected)
        {
            UpdateRejected++;
            return;
        }

        UpdateSuccess++;
        UpdateTime = now.ToUnixTimeMilliseconds();
        UpdateDuration.Record((long)took.TotalMilliseconds);
        ConfigReload++;
        ConfigReloadTimeMs = UpdateTime;
        VersionText = version;
        Version = HashOf(version);
    }

    /// <summary>A version as a number, as Envoy makes it.</summary>
    public static long HashOf(string version) => (long)XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(version));
}
