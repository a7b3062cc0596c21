using Tidegate.Pilot.Resources;
using Tidegate.Rules.Values;

namespace Tidegate.Pilot.Validation;

/// <summary>Checks <c>connectionPool</c> of a traffic policy (Istio: <c>validateConnectionPool</c>).</summary>
internal static class ConnectionPoolValidation
{
    public static void Check(ConnectionPoolSettings? pool, Findings findings, string field)
    {
        if (pool is null)
        {
            return;
        }

        if (pool is { Http: null, Tcp: null })
        {
            findings.Error(field, "connection pool must have at least one field");
        }

        if (pool.Http is { } http)
        {
            CheckHttp(http, findings, $"{field}.http");
        }

        if (pool.Tcp is { } tcp)
        {
            CheckTcp(tcp, findings, $"{field}.tcp");
        }
    }

    private static void CheckHttp(HttpSettings http, Findings findings, string field)
    {
        CheckCount(http.Http1MaxPendingRequests, "http1 max pending requests", findings, $"{field}.http1MaxPendingRequests");
        CheckCount(http.Http2MaxRequests, "http2 max requests", findings, $"{field}.http2MaxRequests");
        CheckCount(http.MaxRequestsPerConnection, "max requests per connection", findings, $"{field}.maxRequestsPerConnection");
        CheckCount(http.MaxRetries, "max retries", findings, $"{field}.maxRetries");
        CheckCount(http.MaxConcurrentStreams, "max concurrent streams", findings, $"{field}.maxConcurrentStreams");
        findings.Check($"{field}.idleTimeout", DurationRules.Check(http.IdleTimeout));
        if (http.H2UpgradePolicy == H2UpgradePolicy.Upgrade && http.UseClientProtocol)
        {
            findings.Error($"{field}.useClientProtocol", "use client protocol must not be true when H2UpgradePolicy is UPGRADE");
        }

        if (http.Http2KeepAlive is { } keepAlive)
        {
            findings.Check($"{field}.http2KeepAlive.interval", keepAlive.Interval is null ? "http2 keepalive interval is required" : DurationRules.Check(keepAlive.Interval));
            findings.Check($"{field}.http2KeepAlive.timeout", keepAlive.Timeout is null ? "http2 keepalive timeout is required" : DurationRules.Check(keepAlive.Timeout));
        }
    }

    private static void CheckTcp(TcpSettings tcp, Findings findings, string field)
    {
        CheckCount(tcp.MaxConnections, "max connections", findings, $"{field}.maxConnections");
        findings.Check($"{field}.connectTimeout", DurationRules.Check(tcp.ConnectTimeout));
        findings.Check($"{field}.maxConnectionDuration", DurationRules.Check(tcp.MaxConnectionDuration));
        if (tcp.IdleTimeout is { } idle && (long)idle.TotalMilliseconds != 0)
        {
            findings.Check($"{field}.idleTimeout", DurationRules.Check(idle)); // 0 turns it off
        }

        findings.Check($"{field}.tcpKeepalive.time", DurationRules.Check(tcp.TcpKeepalive?.Time));
        findings.Check($"{field}.tcpKeepalive.interval", DurationRules.Check(tcp.TcpKeepalive?.Interval));
    }

    private static void CheckCount(int value, string name, Findings findings, string field)
    {
        if (value < 0)
        {
            findings.Error(field, $"{name} must be non-negative");
        }
    }
}
