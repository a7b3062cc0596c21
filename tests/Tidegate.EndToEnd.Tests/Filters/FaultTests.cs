using System.Diagnostics;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Filters;

/// <summary><c>http[].fault</c> (istio-gateway.md, 4.12).</summary>
public sealed class FaultTests(FaultTests.Fixture routes) : IClassFixture<FaultTests.Fixture>
{
    [Fact]
    public async Task An_abort_answers_in_place_of_the_service()
    {
        WireResponse response = await routes.GetAsync("abort.test", "/abort");

        Assert.Equal((418, "fault filter abort", "text/plain"), (response.Status, response.Body, response.Headers["content-type"]));
        Assert.Contains("\" 418 FI fault_filter_abort - \"-\" ", await routes.Gateway.LogsAsync("/abort "));
        Assert.Empty(routes.Service("spared").Requests);
    }

    [Fact]
    public async Task A_connection_lives_on_after_an_abort()
    {
        using RawClient client = await routes.Gateway.ConnectAsync();

        WireResponse aborted = await client.ExchangeAsync("GET /x HTTP/1.1\r\nHost: abort.test\r\n\r\n");
        WireResponse other = await client.ExchangeAsync("GET /x HTTP/1.1\r\nHost: plain.test\r\n\r\n");

        Assert.Equal((418, 200), (aborted.Status, other.Status));
    }

    [Fact]
    public async Task A_delay_holds_the_request_up_and_lets_it_through()
    {
        var clock = Stopwatch.StartNew();
        EchoedRequest seen = await routes.EchoAsync("delay.test", "/delay");

        Assert.InRange(clock.ElapsedMilliseconds, 295, 5_000);
        Assert.Equal("echo", seen.Service);
        Assert.Contains("\" 200 DI via_upstream ", await routes.Gateway.LogsAsync("/delay "));
    }

    [Fact]
    public async Task A_delay_does_not_hold_up_others()
    {
        using RawClient slow = await routes.Gateway.ConnectAsync();
        await slow.SendAsync("GET /slow HTTP/1.1\r\nHost: long.test\r\n\r\n");

        Assert.Equal("echo", (await routes.EchoAsync("plain.test", "/")).Service);
    }

    [Fact]
    public async Task A_client_that_goes_away_ends_the_delay()
    {
        using (RawClient client = await routes.Gateway.ConnectAsync())
        {
            await client.SendAsync("GET /gone HTTP/1.1\r\nHost: long.test\r\n\r\n");
            await Eventually.HoldsAsync(async () => await StatAsync("fault.active_faults") >= 1, () => "the fault is active");
        }

        Assert.Contains("\" 0 DI,DC downstream_remote_disconnect", await routes.Gateway.LogsAsync("/gone "), StringComparison.Ordinal);
        Assert.DoesNotContain(routes.Service("echo").Requests, request => request.Target == "/gone");
    }

    [Fact]
    public async Task A_delay_is_followed_by_an_abort()
    {
        WireResponse response = await routes.GetAsync("both.test", "/both");

        Assert.Equal(503, response.Status);
        Assert.Contains("\" 503 DI,FI fault_filter_abort ", await routes.Gateway.LogsAsync("/both "));
    }

    [Fact]
    public async Task A_gRPC_client_gets_the_gRPC_status()
    {
        WireResponse grpc = await routes.SendAsync("POST /svc/Method", "Host: grpc.test", "content-type: application/grpc", "content-length: 0");
        WireResponse plain = await routes.GetAsync("grpc.test", "/");
        WireResponse http = await routes.SendAsync("POST /svc/Method", "Host: both.test", "content-type: application/grpc+proto", "content-length: 0");

        Assert.Equal((200, "8", "fault filter abort", ""), (grpc.Status, grpc.Headers["grpc-status"], grpc.Headers["grpc-message"], grpc.Body));
        Assert.Equal((200, "fault filter abort"), (plain.Status, plain.Body));
        Assert.Equal((200, "14"), (http.Status, http.Headers["grpc-status"]));
    }

    [Theory]
    [InlineData("none.test", 0, 0)]
    [InlineData("unset.test", 0, 0)]
    [InlineData("half.test", 120, 280)]
    [InlineData("twentieth.test", 4, 50)]
    public async Task A_percentage_of_requests_is_aborted(string host, int least, int most)
    {
        using RawClient client = await routes.Gateway.ConnectAsync();
        int aborted = 0;
        for (int i = 0; i < 400; i++)
        {
            aborted += (await client.ExchangeAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status == 500 ? 1 : 0;
        }

        Assert.InRange(aborted, least, most); // 8 standard deviations and more
    }

    [Fact]
    public async Task Faults_are_counted()
    {
        long aborts = await StatAsync("fault.aborts_injected");
        long delays = await StatAsync("fault.delays_injected");

        await routes.GetAsync("both.test", "/counted");

        Assert.True(await StatAsync("fault.aborts_injected") > aborts);
        Assert.True(await StatAsync("fault.delays_injected") > delays);
    }

    private async Task<long> StatAsync(string name) => await routes.Gateway.StatAsync($"http.outbound_0.0.0.0_8080;.{name}");

    /// <summary>The VirtualServices of this class.</summary>
    public sealed class Fixture : EchoGateway
    {
        /// <inheritdoc/>
        protected override IReadOnlyList<string> Services => ["echo", "spared"];

        /// <inheritdoc/>
        protected override string Routes =>
            Manifests.Route("plain.test", "echo.svc") +
            Virtual("abort.test", "abort: {httpStatus: 418, percentage: {value: 100} }", "spared") +
            Virtual("delay.test", "delay: {fixedDelay: 0.3s, percentage: {value: 100} }") +
            Virtual("long.test", "delay: {fixedDelay: 600s, percentage: {value: 100} }") +
            Virtual("both.test", "delay: {fixedDelay: 0.01s, percentage: {value: 100} }, abort: {httpStatus: 503, percentage: {value: 100} }") +
            Virtual("grpc.test", "abort: {grpcStatus: RESOURCE_EXHAUSTED, percentage: {value: 100} }") +
            Virtual("none.test", "abort: {httpStatus: 500, percentage: {value: 0} }") +
            Virtual("unset.test", "abort: {httpStatus: 500}") +
            Virtual("half.test", "abort: {httpStatus: 500, percentage: {value: 50} }") +
            Virtual("twentieth.test", "abort: {httpStatus: 500, percentage: {value: 5.5} }");

        private static string Virtual(string host, string fault, string service = "echo") => $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: {{host.Replace('.', '-')}}, namespace: default}
            spec:
              hosts: [{{host}}]
              gateways: [edge]
              http:
              - fault: {{{fault}}}
                route: [{destination: {host: {{service}}.svc} }]

            """;
    }
}
