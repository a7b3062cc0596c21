using System.Net;
using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Reload;

/// <summary>A mistake costs its own author and nobody else, and the gateway tells what really serves.</summary>
public sealed class IsolationTests
{
    private const int GoodHosts = 100;
    private const int BadObjectCount = 500;

    [Fact]
    public async Task A_hundred_good_hosts_answer_beside_five_hundred_bad_objects_at_the_start_live_and_after_a_restart()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        var random = new Random(20_261_130);
        (string Key, string Yaml)[] bad = [.. Enumerable.Range(0, BadObjectCount).Select(i => BadObjects.Make($"wrong-{i}", random))];
        string good = Manifests.HttpGateway() + Manifests.Service("app.test", backend.EndPoint)
            + string.Concat(Enumerable.Range(0, GoodHosts).Select(static i => Manifests.Route($"good{i}.test", "app.test")));
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(good + string.Concat(bad[..(BadObjectCount / 2)].Select(static item => item.Yaml)));
        await AssertAllAnswerAsync(gateway);

        // All the while they come, piece by piece, somebody asks.
        using var stop = new CancellationTokenSource();
        Task<int> asking = AskUntilAsync(gateway, stop.Token);
        (string Key, string Yaml)[] more = bad[(BadObjectCount / 2)..];
        for (int i = 0; i < more.Length; i += 50)
        {
            gateway.Apply($"more{i}.yaml", string.Concat(more.Skip(i).Take(50).Select(static item => item.Yaml)));
        }

        await AssertAllAreNamedAsync(gateway, bad);
        await AssertAllAnswerAsync(gateway);
        await stop.CancelAsync();
        Assert.InRange(await asking, 1, int.MaxValue);

        await using GatewayProcess again = await gateway.CrashAndStartAgainAsync();
        await AssertAllAnswerAsync(again);
        await AssertAllAreNamedAsync(again, bad);

        // And what is right is still taken.
        again.Apply("late.yaml", Manifests.Route("late.test", "app.test"));
        await again.AnswersAsync(200, "late.test");
    }

    [Fact]
    public async Task What_the_proxy_alone_refuses_keeps_its_last_good_version_through_a_crash()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("app.test", backend));
        gateway.Apply("limit.yaml", Limit("token_bucket: {max_tokens: 1, fill_interval: 3600s}"));
        await gateway.AnswersAsync(429, "app.test");

        // The object is right, and the control plane has nothing to say about the value.
        gateway.Apply("limit.yaml", Limit("token_bucket: {max_tokens: 1, fill_interval: 0.001s}"));
        await gateway.ReportsAsync("fill_interval is 1 ms; it has to be 50 ms or more; its last good version stays in force");
        Assert.Equal(429, (await gateway.GetAsync("app.test")).Status);

        await using GatewayProcess again = await gateway.CrashAndStartAgainAsync();
        await again.ReportsAsync("its last good version stays in force");
        Assert.Equal(200, (await again.GetAsync("app.test")).Status);
        Assert.Equal(429, (await again.GetAsync("app.test")).Status);

        static string Limit(string bucket) => $$"""
            apiVersion: networking.istio.io/v1alpha3
            kind: EnvoyFilter
            metadata: {name: limit, namespace: istio-system}
            spec:
              configPatches:
              - applyTo: HTTP_FILTER
                patch:
                  operation: INSERT_FIRST
                  value:
                    name: limit
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                      stat_prefix: x
                      filter_enabled: {default_value: {numerator: 100} }
                      filter_enforced: {default_value: {numerator: 100} }
                      {{bucket}}
            """;
    }

    [Fact]
    public async Task A_taken_port_is_shown_as_such_and_served_as_soon_as_it_is_free()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync();
        await gateway.ReportsAsync("there is no Gateway in ");
        using var other = new TcpListener(gateway.At(8080));
        other.Start();

        gateway.Apply("objects.yaml", Manifests.HttpGateway() + Manifests.Backend("app.test", backend));

        await gateway.ReportsAsync("listener 0.0.0.0_8080: cannot listen on ");
        Assert.Contains("0.0.0.0_8080::(does not serve: ", await gateway.AdminAsync("listeners"), StringComparison.Ordinal);
        Assert.Equal(1, await gateway.StatAsync("listener_manager.listener_create_failure"));
        CommandResult shown = await gateway.CommandAsync("proxy-config", "listener", "deploy/istio-ingressgateway", "-n", "istio-system");
        Assert.DoesNotContain("8080", shown.Output, StringComparison.Ordinal);
        Assert.Contains("listener 0.0.0.0_8080 does not serve: ", shown.Errors, StringComparison.Ordinal);

        other.Stop();
        await gateway.AnswersAsync(200, "app.test");
        Assert.Contains("listens on", gateway.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_gateway_on_the_same_ports_says_that_it_is_not_ready_until_the_first_is_gone()
    {
        GatewayProcess first = await GatewayProcess.StartAsync(Manifests.HttpGateway());
        await using GatewayProcess second = first.LaunchBeside();

        await second.ReportsAsync("not ready: listener 0.0.0.0_8080 does not serve: ");
        using HttpResponseMessage answer = await second.Http.GetAsync(new Uri($"http://127.0.0.1:{second.AgentPort}/healthz/ready"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("0.0.0.0_8080", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        await first.DisposeAsync();
        await second.BecomesReadyAsync();
        await second.ReportsAsync($"ready: serving on {second.Address}:8080; ");
    }

    private static async Task<int> AskUntilAsync(GatewayProcess gateway, CancellationToken stop)
    {
        int count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            Assert.Equal(200, (await gateway.GetAsync($"good{count % GoodHosts}.test")).Status);
        }

        return count;
    }

    private static async Task AssertAllAnswerAsync(GatewayProcess gateway)
    {
        for (int i = 0; i < GoodHosts; i++)
        {
            Assert.Equal(200, (await gateway.GetAsync($"good{i}.test")).Status);
        }
    }

    private static Task AssertAllAreNamedAsync(GatewayProcess gateway, (string Key, string Yaml)[] bad)
    {
        string[] missing = [];
        return Eventually.HoldsAsync(
            () =>
            {
                string log = gateway.Errors;
                missing = [.. bad.Where(item => !log.Contains(item.Key, StringComparison.Ordinal)).Select(static item => item.Yaml)];
                return Task.FromResult(missing.Length == 0);
            },
            () => $"the log names what is wrong; {missing.Length} are missing, such as {missing.FirstOrDefault()}");
    }
}
