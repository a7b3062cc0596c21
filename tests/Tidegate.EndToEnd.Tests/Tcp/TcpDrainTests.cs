using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tcp;

/// <summary>What becomes of connections when that which carries them is taken away.</summary>
public sealed class TcpDrainTests
{
    [Fact]
    public async Task A_removed_gateway_takes_no_new_connections_and_the_others_end_after_a_while()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests(echo), "--listener-drain-duration", "1s");
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.EchoAsync("before");

        gateway.Apply("manifests.yaml", StreamManifests.Service("echo.test", echo.EndPoint));
        await Eventually.HoldsAsync(() => IsRefusedAsync(gateway), () => $"new connections are refused\n{gateway.Log}");
        await client.EchoAsync("after");

        await client.AssertClosedAsync();
        Assert.Contains("outbound|9000||echo.test", await gateway.LogsAsync("listener_drained"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gateway_that_comes_back_within_that_time_is_served_anew()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests(echo));
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.EchoAsync("before");

        gateway.Apply("manifests.yaml", StreamManifests.Service("echo.test", echo.EndPoint));
        await Eventually.HoldsAsync(() => IsRefusedAsync(gateway), () => $"new connections are refused\n{gateway.Log}");
        gateway.Apply("manifests.yaml", Manifests(echo));
        await Eventually.HoldsAsync(async () => !await IsRefusedAsync(gateway), () => $"new connections are taken\n{gateway.Log}");

        using StreamClient other = await StreamClient.ConnectAsync(gateway);
        await other.EchoAsync("new");
        await client.EchoAsync("old");
    }

    [Fact]
    public async Task An_ending_gateway_gives_them_its_drain_time()
    {
        using StreamBackend echo = StreamBackends.Echo();
        await using GatewayProcess gateway = await GatewayProcess.StartAsync(Manifests(echo), "--drain-duration", "1s", "--minimum-drain-duration", "0s");
        using StreamClient client = await StreamClient.ConnectAsync(gateway);
        await client.EchoAsync("before");

        await gateway.SignalAsync("TERM");
        await Eventually.HoldsAsync(() => IsRefusedAsync(gateway), () => $"new connections are refused\n{gateway.Log}");
        await client.EchoAsync("after");

        Assert.Equal(0, await gateway.ExitsAsync());
        await client.AssertClosedAsync();
    }

    private static string Manifests(StreamBackend echo) =>
        StreamManifests.Gateway() + StreamManifests.Service("echo.test", echo.EndPoint) + StreamManifests.TcpRoute("echo.test");

    private static async Task<bool> IsRefusedAsync(GatewayProcess gateway)
    {
        try
        {
            using StreamClient client = await StreamClient.ConnectAsync(gateway);
            return false;
        }
        catch (SocketException exception)
        {
            // Anything else: it was in the queue of a socket that was being closed.
            return exception.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }
}
