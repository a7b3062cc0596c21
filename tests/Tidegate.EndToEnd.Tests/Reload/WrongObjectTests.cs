using System.Text;
using System.Text.RegularExpressions;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Reload;

/// <summary>What a wrong object costs: itself, and nothing else; what two objects claim at once has one answer (edge.md, F03, F06, F09).</summary>
public sealed class WrongObjectTests
{
    [Theory]
    [InlineData("regex", "uri: {regex: '(unclosed'}")]
    [InlineData("field", "uri: {prefix: 7x, exact: 8}")]
    [InlineData("number", "port: ninety")]
    public async Task F03_a_wrong_match_costs_only_its_object(string name, string match)
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await StartAsync(backend);
        string wrong = Manifests.Route("shop.test", "a.test").Replace("- route:", $"- match: [{{{match}}}]\n    route:", StringComparison.Ordinal);

        await AssertCostsOnlyItselfAsync(gateway, wrong, $"{name}.test");
    }

    [Fact]
    public async Task F03_a_destination_that_does_not_exist_costs_only_its_route()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await StartAsync(backend);

        gateway.Apply("route.yaml", Manifests.Route("shop.test", "nowhere.test") + Manifests.Route("other.test", "a.test"));
        await gateway.AnswersAsync(200, "other.test");

        // As in Istio, the object is right: it names what is not there (yet).
        await gateway.AnswersAsync(503, "shop.test");
        await gateway.ReportsAsync("nowhere.test");
    }

    [Fact]
    public async Task F03_delegates_in_a_circle_cost_only_themselves()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await StartAsync(backend);

        gateway.Apply("circle.yaml", """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: circle, namespace: default}
            spec:
              hosts: [circle.test]
              gateways: [edge]
              http: [{match: [{uri: {prefix: /}}], delegate: {name: one}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: one, namespace: default}
            spec:
              http: [{delegate: {name: two}}]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: two, namespace: default}
            spec:
              http: [{delegate: {name: one}}]
            ---

            """ + Manifests.Route("other.test", "a.test"));
        await gateway.AnswersAsync(200, "other.test");

        Assert.Equal(200, (await gateway.GetAsync("shop.test")).Status);
        Assert.Equal(404, (await gateway.GetAsync("circle.test")).Status);
        await gateway.ReportsAsync("VirtualService default/one");
    }

    [Theory]
    [InlineData("deep")]
    [InlineData("large")]
    [InlineData("aliases")]
    public async Task F03_a_monstrous_file_costs_only_itself(string kind)
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await StartAsync(backend);

        gateway.Apply("route.yaml", Monster(kind));
        gateway.Apply("more.yaml", Manifests.Route("other.test", "a.test"));
        await gateway.AnswersAsync(200, "other.test");

        Assert.Equal(200, (await gateway.GetAsync("shop.test")).Status);
        await gateway.ReportsAsync("route.yaml");
    }

    [Fact]
    public async Task F06_of_two_objects_on_one_path_the_older_wins_also_after_a_restart()
    {
        await using ScriptedBackend older = NamedBackend("older");
        await using ScriptedBackend younger = NamedBackend("younger");
        string manifests = Manifests.HttpGateway() + Manifests.Service("a.test", older.EndPoint) + Manifests.Service("b.test", younger.EndPoint)
            + Claim("aaa", "2024-05-02T00:00:00Z", "b.test") + Claim("zzz", "2024-05-01T00:00:00Z", "a.test");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(manifests);
        await gateway.AnswersAsync(200, "shared.test");

        Assert.Equal("older", (await gateway.GetAsync("shared.test")).Body);
        await gateway.ReportsAsync("VirtualService default/aaa: spec.http[0].match: never reached on host \"shared.test\": VirtualService default/zzz");

        await using GatewayProcess again = await gateway.CrashAndStartAgainAsync();
        await again.AnswersAsync(200, "shared.test");
        Assert.Equal("older", (await again.GetAsync("shared.test")).Body);
    }

    [Fact]
    public async Task F06_where_no_time_is_told_the_name_decides()
    {
        await using ScriptedBackend first = NamedBackend("first");
        await using ScriptedBackend second = NamedBackend("second");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Service("a.test", first.EndPoint)
            + Manifests.Service("b.test", second.EndPoint) + Claim("zzz", null, "b.test") + Claim("aaa", null, "a.test"));

        await gateway.AnswersAsync(200, "shared.test");

        Assert.Equal("first", (await gateway.GetAsync("shared.test")).Body);
    }

    [Fact]
    public async Task F09_no_request_sees_half_of_one_configuration_and_half_of_another()
    {
        await using ScriptedBackend a = NamedBackend("a");
        await using ScriptedBackend b = NamedBackend("b");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway());
        gateway.Apply("route.yaml", Version(0, a, b));
        await gateway.AnswersAsync(200, "shop.test");

        using var stop = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() => AskOnNewConnectionsAsync(gateway, stop.Token), TestContext.Current.CancellationToken))];

        // Nobody waits for one to be live before the next comes; the service's own object changes with the route.
        const int Last = 301;
        for (int version = 1; version <= Last; version++)
        {
            gateway.Apply("route.yaml", Version(version, a, b));
            if (version % 10 == 0)
            {
                await gateway.GetAsync("shop.test");
            }
        }

        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("shop.test")).Headers["x-version"] == $"{Last}", () => gateway.Log);
        await stop.CancelAsync();
        await Task.WhenAll(clients).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        Assert.Equal("b", (await gateway.GetAsync("shop.test")).Body);
        Assert.All(a.Requests, static request => Assert.Equal("a", request.Headers["x-meant-for"]));
        Assert.All(b.Requests, static request => Assert.Equal("b", request.Headers["x-meant-for"]));
    }

    private static async Task<GatewayProcess> StartAsync(ScriptedBackend backend)
    {
        GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Service("a.test", backend.EndPoint));
        gateway.Apply("route.yaml", Manifests.Route("shop.test", "a.test"));
        await gateway.AnswersAsync(200, "shop.test");
        return gateway;
    }

    private static async Task AssertCostsOnlyItselfAsync(GatewayProcess gateway, string wrong, string other)
    {
        gateway.Apply("route.yaml", wrong + Manifests.Route(other, "a.test"));
        await gateway.AnswersAsync(200, other);

        Assert.Equal(200, (await gateway.GetAsync("shop.test")).Status);
        await Eventually.HoldsAsync(
            () => Task.FromResult(Regex.IsMatch(gateway.Errors, @"route\.yaml:\d+: VirtualService default/shop-test: ")), () => gateway.Log);
    }

    private static string Monster(string kind)
    {
        const string Head = "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop-test, namespace: default}\nspec:\n  hosts: [shop.test]\n";
        switch (kind)
        {
            case "deep":
                return Head + "  http: " + new string('[', 100_000) + new string(']', 100_000) + "\n";
            case "large":
                return Head + "  nonsense: \"" + new string('x', 10 << 20) + "\"\n  http: 7\n";
            default:
                var text = new StringBuilder(Head + "  http:\n  - &l0 [x, x, x, x, x, x, x, x, x]\n");
                for (int i = 1; i < 12; i++)
                {
                    text.Append($"  - &l{i} [{string.Join(", ", Enumerable.Repeat($"*l{i - 1}", 9))}]\n");
                }

                return text.ToString();
        }
    }

    private static string Claim(string name, string? created, string destination) => $$"""
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: {{name}}, namespace: default{{(created is null ? "" : $", creationTimestamp: \"{created}\"")}}}
        spec:
          hosts: [shared.test]
          gateways: [edge]
          http: [{name: {{name}}, match: [{uri: {prefix: /} }], route: [{destination: {host: {{destination}} } }] }]

        """;

    // Even versions lead to a, odd ones to b; the route says whom it means, and the service changes together with it.
    private static string Version(int version, ScriptedBackend a, ScriptedBackend b)
    {
        (string name, ScriptedBackend backend) = version % 2 == 0 ? ("a", a) : ("b", b);
        return Manifests.Service($"{name}.test", backend.EndPoint) + $$"""
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: shop, namespace: default}
            spec:
              hosts: [shop.test]
              gateways: [edge]
              http:
              - headers: {request: {set: {x-meant-for: {{name}} } }, response: {set: {x-version: "{{version}}"} } }
                route: [{destination: {host: {{name}}.test} }]

            """;
    }

    private static async Task AskOnNewConnectionsAsync(GatewayProcess gateway, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using RawClient client = await gateway.ConnectAsync();
            for (int i = 0; i < 5; i++)
            {
                WireResponse response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
                Assert.Equal(200, response.Status);
                int version = int.Parse(response.Headers["x-version"]!, System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(version % 2 == 0 ? "a" : "b", response.Body);
            }
        }
    }

    private static ScriptedBackend NamedBackend(string name)
    {
        ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Answer = _ => $"HTTP/1.1 200 OK\r\ncontent-length: {name.Length}\r\n\r\n{name}";
        return backend;
    }
}
