using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Limits;

/// <summary>The limit of all client connections (edge.md, S06): it is for the clients' ports, not for the gateway's own pages.</summary>
public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task S06_the_gateways_own_pages_answer_while_no_client_gets_in()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("limit.test", backend), "--max-connections", "1");
        await gateway.AnswersAsync(200, "limit.test");
        RawClient? only = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                only?.Dispose();
                only = await gateway.ConnectAsync(); // the one before may still be on its way out
                return await only.TrySendAsync("GET / HTTP/1.1\r\nHost: limit.test\r\n\r\n")
                    && await only.Reader.ReadHeadAsync(TestContext.Current.CancellationToken) is not null;
            },
            () => "one client gets in");

        using RawClient other = await gateway.ConnectAsync();
        await other.AssertClosedAsync();

        Assert.Equal("", System.Text.Encoding.Latin1.GetString(other.Reader.Transcript));
        Assert.Equal(200, (await gateway.GetAsync("localhost", "/healthz/ready", 15021)).Status);
        string metrics = (await gateway.GetAsync("localhost", "/stats/prometheus", 15090)).Body;
        Assert.Contains(metrics.Split('\n'), line =>
            line.StartsWith("envoy_listener_downstream_global_cx_overflow{", StringComparison.Ordinal) && line.Contains("8080", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
        only!.Dispose();
        await gateway.AnswersAsync(200, "limit.test");
    }
}
