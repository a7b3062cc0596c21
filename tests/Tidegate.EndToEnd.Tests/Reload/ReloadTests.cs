using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Reload;

/// <summary>A change on disk is live without a restart and without a dropped connection; what is wrong holds up nothing else.</summary>
public sealed class ReloadTests
{
    [Fact]
    public async Task F01_a_hundred_reloads_under_load_drop_nothing()
    {
        await using ScriptedBackend a = NamedBackend("a");
        await using ScriptedBackend b = NamedBackend("b");
        string services = Manifests.Service("a.test", a.EndPoint) + Manifests.Service("b.test", b.EndPoint);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + services);
        gateway.Apply("route.yaml", Manifests.Route("shop.test", "a.test"));
        await gateway.AnswersAsync(200, "shop.test");

        using var stop = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, 4).Select(_ => AskUntilAsync(gateway, stop.Token))];
        for (int reload = 0; reload < 100; reload++)
        {
            string target = reload % 2 == 0 ? "b" : "a";
            gateway.Apply("route.yaml", Manifests.Route("shop.test", $"{target}.test") + Manifests.Route($"new{reload}.test", "a.test"));
            await Eventually.HoldsAsync(
                async () => (await gateway.GetAsync("shop.test")).Body == target, () => $"reload {reload} is live\n{gateway.Log}");
        }

        await stop.CancelAsync();
        int[] counts = await Task.WhenAll(clients).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);

        Assert.All(counts, count => Assert.True(count > 100, $"only {count} requests during the reloads"));
        Assert.Equal(200, (await gateway.GetAsync("new99.test")).Status);
        Assert.Equal(404, (await gateway.GetAsync("new98.test")).Status);
    }

    [Fact]
    public async Task F02_among_ten_thousand_objects_one_changes_and_the_others_serve_on()
    {
        await using ScriptedBackend a = NamedBackend("a");
        await using ScriptedBackend b = NamedBackend("b");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Service("a.test", a.EndPoint) + Manifests.Service("b.test", b.EndPoint));
        for (int file = 0; file < 100; file++)
        {
            gateway.Apply($"many{file}.yaml", string.Concat(Enumerable.Range(file * 100, 100).Select(static i => Manifests.Route($"host{i}.test", "a.test"))));
        }

        await gateway.AnswersAsync(200, "host9999.test");
        using var stop = new CancellationTokenSource();
        gateway.Apply("route.yaml", Manifests.Route("shop.test", "a.test"));
        await gateway.AnswersAsync(200, "shop.test");
        Task<int> client = AskUntilAsync(gateway, stop.Token);

        for (int change = 0; change < 10; change++)
        {
            string target = change % 2 == 0 ? "b" : "a";
            gateway.Apply("route.yaml", Manifests.Route("shop.test", $"{target}.test"));
            await Eventually.HoldsAsync(async () => (await gateway.GetAsync("shop.test")).Body == target, () => $"change {change} is live\n{gateway.Log}");
        }

        await stop.CancelAsync();
        Assert.True(await client.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken) > 0);
        Assert.Equal("a", (await gateway.GetAsync("host0.test")).Body);
        Assert.Equal("a", (await gateway.GetAsync("host9999.test")).Body);
    }

    [Fact]
    public async Task F07_a_request_under_way_outlives_its_route()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        var finish = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf");
            await finish.Task;
            await connection.SendAsync("done");
        };
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway());
        gateway.Apply("route.yaml", Manifests.Backend("gone.test", backend));
        await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("config_dump")).Contains("gone.test:80", StringComparison.Ordinal), () => gateway.Log);
        using RawClient client = await gateway.ConnectAsync();
        await client.SendAsync("GET / HTTP/1.1\r\nHost: gone.test\r\n\r\n");
        await Eventually.HoldsAsync(() => backend.Requests.Count == 1, "the request is under way");

        gateway.Remove("route.yaml");
        await Eventually.HoldsAsync(async () => !(await gateway.AdminAsync("config_dump")).Contains("gone.test:80", StringComparison.Ordinal), () => gateway.Log);
        Assert.Equal(404, (await gateway.GetAsync("gone.test")).Status);
        finish.SetResult();

        Assert.Equal("halfdone", (await client.ReadResponseAsync()).Body);
        Assert.Equal(404, (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: gone.test\r\n\r\n")).Status);
    }

    [Fact]
    public async Task F03_a_wrong_object_is_reported_and_its_last_good_version_stays()
    {
        await using ScriptedBackend backend = NamedBackend("ok");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Service("a.test", backend.EndPoint));
        gateway.Apply("route.yaml", Manifests.Route("shop.test", "a.test"));
        await gateway.AnswersAsync(200, "shop.test");

        string wrong = Manifests.Route("shop.test", "a.test").Replace("number: 80", "number: 99999", StringComparison.Ordinal);
        gateway.Apply("route.yaml", wrong + Manifests.Route("other.test", "a.test"));
        await gateway.AnswersAsync(200, "other.test");

        Assert.Equal(200, (await gateway.GetAsync("shop.test")).Status);
        await Eventually.HoldsAsync(
            () => System.Text.RegularExpressions.Regex.IsMatch(gateway.Errors, @"route\.yaml:\d+: VirtualService default/shop-test: .*99999"),
            "the report names file, line, object, field and value");
    }

    [Fact]
    public async Task F03_the_last_good_version_of_a_wrong_object_outlives_a_crash()
    {
        await using ScriptedBackend backend = NamedBackend("ok");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Service("a.test", backend.EndPoint));
        gateway.Apply("route.yaml", Manifests.Route("shop.test", "a.test"));
        await gateway.AnswersAsync(200, "shop.test");
        gateway.Apply("route.yaml", Manifests.Route("shop.test", "a.test").Replace("number: 80", "number: 99999", StringComparison.Ordinal));
        await gateway.ReportsAsync("99999");
        gateway.Apply("other.yaml", Manifests.Route("other.test", "a.test"));
        await gateway.AnswersAsync(200, "other.test");

        await using GatewayProcess again = await gateway.CrashAndStartAgainAsync();

        await again.AnswersAsync(200, "shop.test");
        Assert.Contains("VirtualService default/shop-test: its last good version from before this start is in force", again.Errors);
        again.Apply("route.yaml", Manifests.Route("mended.test", "a.test").Replace("mended-test", "shop-test", StringComparison.Ordinal));
        await again.AnswersAsync(200, "mended.test");
        await again.AnswersAsync(404, "shop.test");
    }

    [Theory]
    [InlineData("just some words that are not an object")]
    [InlineData("a: [1, 2")]
    [InlineData("\t\tx: y")]
    [InlineData("")]
    [InlineData("apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: shop-test, namespace: def")]
    public async Task F04_an_unreadable_file_takes_nothing_away(string garbage)
    {
        await using ScriptedBackend backend = NamedBackend("ok");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway());
        gateway.Apply("route.yaml", Manifests.Backend("shop.test", backend));
        await gateway.AnswersAsync(200, "shop.test");

        gateway.Apply("route.yaml", garbage);
        gateway.Apply("more.yaml", Manifests.Route("other.test", "shop.test"));
        await gateway.AnswersAsync(200, "other.test");

        if (garbage.Length > 0)
        {
            Assert.Equal(200, (await gateway.GetAsync("shop.test")).Status);
            await gateway.ReportsAsync("route.yaml");
        }
    }

    [Fact]
    public async Task F05_a_start_with_a_wrong_object_serves_the_rest()
    {
        await using ScriptedBackend backend = NamedBackend("ok");
        string wrong = Manifests.Route("wrong.test", "a.test").Replace("number: 80", "number: -1", StringComparison.Ordinal);
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Service("a.test", backend.EndPoint) + wrong + Manifests.Route("good.test", "a.test"));

        await gateway.AnswersAsync(200, "good.test");
        Assert.Equal(404, (await gateway.GetAsync("wrong.test")).Status);
        await gateway.ReportsAsync("VirtualService default/wrong-test");
    }

    [Fact]
    public async Task Kinds_that_are_not_needed_are_named_once()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + """
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: one}
            spec: {}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: two}
            spec: {}

            """);

        await gateway.ReportsAsync("Deployment");

        Assert.Single(gateway.Errors.Split('\n'), line => line.Contains("Deployment", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unknown_field_is_a_warning_with_the_nearest_name()
    {
        await using ScriptedBackend backend = NamedBackend("ok");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Service("a.test", backend.EndPoint) +
            Manifests.Route("typo.test", "a.test").Replace("hosts:", "hostz: [x]\n  hosts:", StringComparison.Ordinal));

        await gateway.AnswersAsync(200, "typo.test");
        await gateway.ReportsAsync("hostz");

        Assert.Contains(gateway.Errors.Split('\n'), line => line.Contains("hostz", StringComparison.Ordinal) && line.EndsWith("did you mean hosts?", StringComparison.Ordinal));
    }

    [Fact]
    public async Task F08_a_gateway_that_moves_to_another_port_is_followed()
    {
        await using ScriptedBackend backend = NamedBackend("ok");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.Backend("shop.test", backend));
        gateway.Apply("gateway.yaml", Manifests.HttpGateway(port: 9001));
        await gateway.AnswersAsync(200, "shop.test", port: 9001);

        gateway.Apply("gateway.yaml", Manifests.HttpGateway(port: 9002));
        await gateway.AnswersAsync(200, "shop.test", port: 9002);

        await Eventually.HoldsAsync(
            async () =>
            {
                try
                {
                    using RawClient client = await gateway.ConnectAsync(9001);
                    return false;
                }
                catch (SocketException)
                {
                    return true;
                }
            },
            () => "the old port is closed");
    }

    [Fact]
    public async Task F08_a_port_that_is_taken_is_reported_and_harms_no_other()
    {
        await using ScriptedBackend backend = NamedBackend("ok");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.Backend("shop.test", backend) + Manifests.HttpGateway());
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(gateway.At(9003));
        taken.Listen();

        gateway.Apply("second.yaml", Manifests.HttpGateway("second", port: 9003) + Manifests.HttpGateway("third", port: 9004));
        gateway.Apply("route.yaml", Manifests.Route("third.test", "shop.test", "third"));

        await gateway.AnswersAsync(200, "third.test", port: 9004);
        await gateway.AnswersAsync(200, "shop.test");
        await gateway.ReportsAsync("9003");
    }

    [Fact]
    public async Task A_connection_outlives_the_change_of_its_listener_routes_and_clusters()
    {
        await using ScriptedBackend first = NamedBackend("first");
        await using ScriptedBackend second = NamedBackend("second");
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway());
        gateway.Apply("shop.yaml", Manifests.Backend("shop.test", first));
        await gateway.AnswersAsync(200, "shop.test");
        using RawClient client = await gateway.ConnectAsync();
        Assert.Equal("first", (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")).Body);

        gateway.Apply("shop.yaml", Manifests.Backend("shop.test", second));
        await Eventually.HoldsAsync(
            async () => (await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n")).Body == "second",
            () => $"the same connection reaches the new endpoint\n{gateway.Log}");
    }

    private static ScriptedBackend NamedBackend(string name)
    {
        ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Answer = _ => $"HTTP/1.1 200 OK\r\ncontent-length: {name.Length}\r\n\r\n{name}";
        return backend;
    }

    // One keep-alive connection; every request must be answered, by one backend or the other.
    private static async Task<int> AskUntilAsync(GatewayProcess gateway, CancellationToken stop)
    {
        using RawClient client = await gateway.ConnectAsync();
        int count = 0;
        for (; !stop.IsCancellationRequested; count++)
        {
            WireResponse response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
            Assert.Equal(200, response.Status);
            Assert.Contains(response.Body, (string[])["a", "b"]);
        }

        return count;
    }
}
