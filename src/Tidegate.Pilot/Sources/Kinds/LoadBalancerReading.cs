using Tidegate.Pilot.Resources;
using Tidegate.Pilot.Sources.Reading;

namespace Tidegate.Pilot.Sources.Kinds;

/// <summary>Reads the <c>loadBalancer</c> of a traffic policy (Istio: <c>LoadBalancerSettings</c>).</summary>
internal static class LoadBalancerReading
{
    public static LoadBalancerSettings Read(ObjectReader settings) => new()
    {
        Simple = settings.OptionalEnum(
            "simple",
            ("UNSPECIFIED", SimpleLb.Unspecified),
            ("LEAST_CONN", SimpleLb.LeastConn),
            ("RANDOM", SimpleLb.Random),
            ("PASSTHROUGH", SimpleLb.Passthrough),
            ("ROUND_ROBIN", SimpleLb.RoundRobin),
            ("LEAST_REQUEST", SimpleLb.LeastRequest)),
        ConsistentHash = settings.Object("consistentHash", ReadConsistentHash),
        LocalityLbSetting = settings.Object("localityLbSetting", ReadLocality),
        ZoneAwareLbSetting = settings.Object("zoneAwareLbSetting", ReadZoneAware),
        WarmupDurationSecs = settings.Duration("warmupDurationSecs"),
        Warmup = settings.Object("warmup", reader => new WarmupConfiguration
        {
            Duration = reader.Duration("duration"),
            MinimumPercent = reader.OptionalDouble("minimumPercent"),
            Aggression = reader.OptionalDouble("aggression"),
        }),
    };

    private static ConsistentHashLb ReadConsistentHash(ObjectReader hash) => new()
    {
        HttpHeaderName = hash.OptionalText("httpHeaderName"),
        HttpCookie = hash.Object("httpCookie", reader => new HttpCookie
        {
            Name = reader.Text("name"),
            Path = reader.Text("path"),
            Ttl = reader.Duration("ttl"),
            Attributes = reader.Objects("attributes", attribute => new CookieAttribute(attribute.Text("name"), attribute.Text("value"))),
        }),
        UseSourceIp = hash.Flag("useSourceIp"),
        HttpQueryParameterName = hash.OptionalText("httpQueryParameterName"),
        MinimumRingSize = (ulong)hash.Number("minimumRingSize", 0, long.MaxValue),
        RingHashMinimumRingSize = hash.Object("ringHash", reader => new Size((ulong)reader.Number("minimumRingSize", 0, long.MaxValue)))?.Value,
        MaglevTableSize = hash.Object("maglev", reader => new Size((ulong)reader.Number("tableSize", 0, long.MaxValue)))?.Value,
    };

    public static LocalityLbSetting ReadLocality(ObjectReader locality) => new()
    {
        Distribute = locality.Objects("distribute", reader => new LocalityDistribute { From = reader.Text("from"), To = reader.NumberMap("to") }),
        Failover = locality.Objects("failover", ReadFailover),
        FailoverPriority = locality.Texts("failoverPriority"),
        Enabled = locality.OptionalFlag("enabled"),
    };

    public static ZoneAwareLbSetting ReadZoneAware(ObjectReader zones) => new()
    {
        Enabled = zones.OptionalFlag("enabled"),
        Failover = zones.Objects("failover", ReadFailover),
        FailoverPriority = zones.Texts("failoverPriority"),
        MinClusterSize = zones.OptionalUnsigned("minClusterSize"),
    };

    private static LocalityFailover ReadFailover(ObjectReader failover) => new(failover.Text("from"), failover.Text("to"));

    private sealed record Size(ulong Value);
}
