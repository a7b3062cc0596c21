using System.Net;
using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Lifecycle;

/// <summary>How the process starts and how it ends.</summary>
public sealed class DrainTests
{
    [Fact]
    public async Task L01_on_SIGTERM_the_running_request_ends_well_and_new_connections_are_refused()
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
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway() + Manifests.Backend("shop.test", backend));
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
    public async Task L01_an_idle_gateway_ends_at_once_and_cleanly()
    {
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests.HttpGateway());

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
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--drain-duration", "1h");
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
    public async Task Readiness_turns_false_while_draining()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        backend.Script = async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.UntilClosedByGatewayAsync();
        };
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(
            Manifests.HttpGateway() + Manifests.Backend("shop.test", backend), "--drain-duration", "1h");
        await Eventually.HoldsAsync(async () => (await gateway.AdminAsync("config_dump")).Contains("shop.test:80", StringComparison.Ordinal), () => gateway.Log);
        using RawClient running = await gateway.ConnectAsync();
        await running.SendAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
        await Eventually.HoldsAsync(() => backend.Requests.Count == 1, "the request is under way");

        await gateway.SignalAsync("TERM");

        await Eventually.HoldsAsync(
            async () =>
            {
                using HttpResponseMessage ready = await gateway.Http.GetAsync(
                    new Uri($"http://127.0.0.1:{gateway.AdminPort}/ready"), TestContext.Current.CancellationToken);
                return ready.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            () => $"the admin page /ready says 503\n{gateway.Log}");
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_a_usage_error_that_says_so()
    {
        CommandResult result = await TidegateCommand.RunAsync("run", "/nowhere/at/all");

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("/nowhere/at/all", result.Errors);
        Assert.DoesNotContain("   at ", result.Errors);
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
