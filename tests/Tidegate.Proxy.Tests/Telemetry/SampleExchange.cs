using System.Net;
using System.Text;
using Tidegate.Http;
using Tidegate.Net;
using Tidegate.Proxy.Requests;

namespace Tidegate.Proxy.Tests.Telemetry;

/// <summary>The request of the tutorial, answered by its upstream, for tests of what is said about requests.</summary>
internal static class SampleExchange
{
    public static HttpExchange Create()
    {
        var exchange = new HttpExchange
        {
            HasRequestHead = true,
            DownstreamDirectAddress = Address("10.1.1.1", 5000),
            DownstreamPeerAddress = Address("10.1.1.1", 5000),
            DownstreamRemoteAddress = Address("192.0.2.7", 0),
            DownstreamLocalAddress = Address("10.0.0.1", 8080),
            UpstreamLocalAddress = Address("10.0.0.1", 33444),
            StartTicksUtc = new DateTime(2026, 11, 23, 8, 9, 5, 7, DateTimeKind.Utc).Ticks + 1234,
            StartUs = 1_000_000,
            RequestEndUs = 1_002_000,
            UpstreamStartUs = 1_001_000,
            UpstreamFirstByteUs = 1_012_345,
            UpstreamEndUs = 1_015_000,
            ResponseStartUs = 1_012_400,
            EndUs = 1_015_999,
            RequestHeaderBytes = 200,
            RequestBodyBytes = 12,
            ResponseHeaderBytes = 150,
            ResponseBodyBytes = 357,
            ResponseStatus = 200,
            ResponseCodeDetails = "via_upstream",
            AttemptCount = 1,
        };
        exchange.Request.SetMethod(KnownMethod.Get);
        exchange.Request.SetPath("/api/catalog?x=1"u8);
        exchange.Request.SetAuthority("webapp.istioinaction.io"u8);
        exchange.Request.SetScheme("http"u8);
        RequestHeader(exchange, "user-agent", "curl/7.88.1");
        RequestHeader(exchange, "x-forwarded-for", "192.0.2.7");
        RequestHeader(exchange, "x-request-id", "0f6cbd4e-2f8e-9bd5-a0bd-4f2f2f1b8d10");
        exchange.Response.Status = 200;
        ResponseHeader(exchange, "x-envoy-upstream-service-time", "11");
        ResponseHeader(exchange, "content-type", "application/json");
        return exchange;
    }

    public static void RequestHeader(HttpExchange exchange, string name, string value) =>
        Assert.True(exchange.Request.Headers.Set(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value)));

    public static void ResponseHeader(HttpExchange exchange, string name, string value) =>
        Assert.True(exchange.Response.Headers.Set(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value)));

    private static NetAddress Address(string address, int port) => NetAddress.From(IPAddress.Parse(address), port);
}
