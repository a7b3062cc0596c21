using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Lifecycle;

/// <summary>How the process starts and how it ends.</summary>
public sealed class DrainTests
{
    private const string Request = "GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n";

    [Fact]
    public async Task L01_after_the_minimum_drain_the_running_request_ends_well_and_new_connections_are_refused()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        var finish = new TaskCompletionSource();
        backend.Script = async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
            {
                if (request.Target == "/slow")
                {
                    await finish.Task;
                }

                await connection.SendAsync(ScriptedBackend.Ok);
            }
        };
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--minimum-drain-duration", "0s");
        await gateway.AnswersAsync(200, "shop.test");
        using RawClient running = await gateway.ConnectAsync();
        await running.SendAsync("GET /slow HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        await Eventually.HoldsAsync(() => backend.Requests.Any(request => request.Target == "/slow"), "the request is under way");

        await gateway.SignalAsync("TERM");
        await Eventually.HoldsAsync(() => IsRefusedAsync(gateway, 8080), () => $"new connections are refused\n{gateway.Log}");
        finish.SetResult();
        WireResponse response = await running.ReadResponseAsync();
        await running.AssertClosedAsync();

        Assert.Equal((200, "ok", "close"), (response.Status, response.Body, response.Headers["connection"]));
        Assert.Equal(0, await gateway.ExitsAsync());
    }

    [Fact]
    public async Task L01_an_idle_gateway_ends_after_the_minimum_drain_and_cleanly()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway(), "--minimum-drain-duration", "0s");

        await gateway.SignalAsync("TERM");

        Assert.Equal(0, await gateway.ExitsAsync());
        Assert.DoesNotContain("Unhandled", gateway.Errors);
        Assert.DoesNotContain("   at ", gateway.Errors); // no stack trace
    }

    [Fact]
    public async Task L02_an_endless_request_is_cut_at_the_limit()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.UntilClosedByGatewayAsync();
        };
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--drain-duration", "1s");
        await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("config_dump")).Contains("shop.test:80", StringComparison.Ordinal), () => gateway.Log);
        using RawClient running = await gateway.ConnectAsync();
        await running.SendAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        await Eventually.HoldsAsync(() => backend.Requests.Count == 1, "the request is under way");

        await gateway.SignalAsync("TERM");

        Assert.Equal(0, await gateway.ExitsAsync());
        Assert.Contains(gateway.Output.Split('\n'), line => line.Contains("GET / HTTP/1.1", StringComparison.Ordinal) && line.Contains(" DC ", StringComparison.Ordinal));
        Assert.Contains("1 connections are cut", gateway.Errors);
    }

    [Fact]
    public async Task L03_a_second_signal_stops_at_once()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.UntilClosedByGatewayAsync();
        };
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--drain-duration", "1h", "--minimum-drain-duration", "0s");
        await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("config_dump")).Contains("shop.test:80", StringComparison.Ordinal), () => gateway.Log);
        using RawClient running = await gateway.ConnectAsync();
        await running.SendAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        await Eventually.HoldsAsync(() => backend.Requests.Count == 1, "the request is under way");

        await gateway.SignalAsync("TERM");
        await Eventually.HoldsAsync(() => IsRefusedAsync(gateway, 8080), () => "the gateway drains");
        await gateway.SignalAsync("INT");

        await gateway.ExitsAsync();
    }

    [Fact]
    public async Task L01_until_the_minimum_drain_is_over_clients_are_served_and_told_and_readiness_is_denied()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--drain-duration", "1h", "--minimum-drain-duration", "1h");
        await gateway.AnswersAsync(200, "shop.test");
        using RawClient old = await gateway.ConnectAsync();
        Assert.Null((await old.ExchangeAsync(Request)).Headers["connection"]);

        await gateway.SignalAsync("TERM");

        await Eventually.HoldsAsync(
            async () => (await gateway.ExchangeAsync("GET /healthz/ready HTTP/1.1\r\nHost: gateway.test\r\n\r\n", port: 15021)).Status == 503,
            () => $"the readiness page says 503\n{gateway.Log}");
        Assert.Equal((503, "DRAINING\n"), await gateway.ReadyPageAsync());
        await AssertServedAndToldAsync(old);
        using RawClient young = await gateway.ConnectAsync();
        await AssertServedAndToldAsync(young);
    }

    [Fact]
    public async Task A_connection_that_was_let_in_at_the_last_moment_is_answered()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--minimum-drain-duration", "0s", "--delayed-close-timeout", "20s");
        await gateway.AnswersAsync(200, "shop.test");
        using RawClient client = await gateway.ConnectAsync();
        await Eventually.HoldsAsync(async () => await gateway.StatAsync("server.total_connections") == 1, () => "the connection is accepted");

        await gateway.SignalAsync("TERM");
        await Eventually.HoldsAsync(() => IsRefusedAsync(gateway, 8080), () => $"new connections are refused\n{gateway.Log}");

        await AssertServedAndToldAsync(client);
        client.Dispose();
        Assert.Equal(0, await gateway.ExitsAsync());
    }

    [Fact]
    public async Task A_failed_health_check_denies_readiness_and_closes_connections_until_it_is_taken_back()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("shop.test", backend));
        await gateway.AnswersAsync(200, "shop.test");
        using RawClient client = await gateway.ConnectAsync();

        await gateway.PostAsync("healthcheck/fail");
        Assert.Equal((503, "DRAINING\n"), await gateway.ReadyPageAsync());
        Assert.Equal(503, (await gateway.GetAsync("gateway.test", "/healthz/ready", 15021)).Status);
        await AssertServedAndToldAsync(client);

        await gateway.PostAsync("healthcheck/ok");
        Assert.Equal((200, "LIVE\n"), await gateway.ReadyPageAsync());
        Assert.Null((await gateway.GetAsync("shop.test")).Headers["connection"]);

        // Listeners that drain gracefully go on, and readiness does not change; those of traffic into a workload are none of a gateway's.
        await gateway.PostAsync("drain_listeners?graceful&inboundonly");
        Assert.Null((await gateway.GetAsync("shop.test")).Headers["connection"]);
        await gateway.PostAsync("drain_listeners?graceful&skip_exit");
        Assert.Equal((200, "LIVE\n"), await gateway.ReadyPageAsync());
        await Eventually.HoldsAsync(async () => (await gateway.GetAsync("shop.test")).Headers["connection"] == "close", () => "answers close");

        // Those that are stopped do not, and SIGHUP is none of it.
        await gateway.SignalAsync("HUP");
        await gateway.PostAsync("drain_listeners");
        await Eventually.HoldsAsync(() => IsRefusedAsync(gateway, 8080), () => $"new connections are refused\n{gateway.Log}");
        Assert.Equal((200, "LIVE\n"), await gateway.ReadyPageAsync());
    }

    [Fact]
    public async Task SIGHUP_opens_the_access_log_anew_and_ends_nothing()
    {
        using var logs = new TemporaryFolder();
        string log = Path.Combine(logs.Path, "access.log");
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--access-log", log);
        await gateway.AnswersAsync(200, "shop.test");
        await Eventually.HoldsAsync(() => File.Exists(log), "the first line is written");
        File.Move(log, log + ".1");

        await gateway.SignalAsync("HUP");

        await Eventually.HoldsAsync(() => File.Exists(log), "the log is opened anew");
        Assert.Equal(200, (await gateway.GetAsync("shop.test")).Status);
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_a_usage_error_that_says_so()
    {
        CommandResult result = await TidegateCommand.RunAsync("run", "/nowhere/at/all");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("/nowhere/at/all", result.Errors);
        Assert.DoesNotContain("   at ", result.Errors);
    }

    private static async Task AssertServedAndToldAsync(RawClient client)
    {
        WireResponse response = await client.ExchangeAsync(Request);
        Assert.Equal((200, "close"), (response.Status, response.Headers["connection"]));
        await client.AssertClosedAsync();
    }

    private static async Task<bool> IsRefusedAsync(GatewayProcess gateway, int port)
    {
        try
        {
            using RawClient client = await gateway.ConnectAsync(port);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
