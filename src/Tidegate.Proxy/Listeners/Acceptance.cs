using Tidegate.Proxy.Telemetry;

namespace Tidegate.Proxy.Listeners;

/// <summary>What was noted of a connection when its listener let it in, so that its end is counted where its begin was.</summary>
/// <param name="IsCounted">Whether it counts against the limit of all connections.</param>
/// <param name="Stats">The counters of the listener as it was then.</param>
/// <param name="AtUs">When that was, in the loop's microseconds.</param>
internal readonly record struct Acceptance(bool IsCounted, ListenerStats Stats, long AtUs)
{
    /// <summary>The gates of its filter chain, which it has passed; null when there are none.</summary>
    public GatePass? Pass { get; init; }
}
