using System.Net.Sockets;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Lifecycle;

/// <summary>One gateway takes over from another (edge.md, L01 and L06).</summary>
public sealed class ReplacementTests
{
    private const int Clients = 8;

    [Fact]
    public async Task No_request_fails_while_gateways_behind_one_address_replace_each_other()
    {
        await using ScriptedBackend backend = ScriptedBackend.Start(Loopback.Next());
        string manifests = Manifests.HttpGateway() + Manifests.Backend("shop.test", backend);
        GatewayProcess serving = await GatewayProcess.StartAsync(manifests, "--share-ports", "--minimum-drain-duration", "200ms");
        await serving.AnswersAsync(200, "shop.test");
        using var enough = new CancellationTokenSource();
        Task<int>[] clients = [.. Enumerable.Range(0, Clients).Select(i => SendAsync(serving, keepsAlive: i % 2 == 0, enough.Token))];
        try
        {
            for (int i = 0; i < 3; i++)
            {
                GatewayProcess next = await GatewayProcess.StartOnAsync(serving.Address, manifests, "--share-ports", "--minimum-drain-duration", "200ms");
                await next.ReportsAsync("ready: ");
                await serving.SignalAsync("TERM");
                Assert.Equal(0, await serving.ExitsAsync());
                await serving.DisposeAsync();
                serving = next;
            }
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll(clients).WithinPatienceAsync("the clients end");
            await serving.DisposeAsync();
        }

        Assert.All(await Task.WhenAll(clients), static count => Assert.InRange(count, 10, int.MaxValue));
    }

    // Repeats a request only where HTTP lets a client do so: when a connection that has been used before ends without an answer.
    private static async Task<int> SendAsync(GatewayProcess gateway, bool keepsAlive, CancellationToken enough)
    {
        int count = 0;
        RawClient? client = null;
        while (!enough.IsCancellationRequested)
        {
            bool isNew = client is null;
            client ??= await gateway.ConnectAsync();
            try
            {
                WireResponse response = await client.ExchangeAsync("GET / HTTP/1.1\r\nHost: shop.test\r\n\r\n");
                Assert.Equal((200, "ok"), (response.Status, response.Body));
                count++;
                if (keepsAlive && response.Headers["connection"] != "close")
                {
                    continue;
                }
            }
            catch (Exception exception) when (!isNew && exception is (IOException or SocketException or WireException))
            {
                // Ended while it was idle.
            }

            client.Dispose();
            client = null;
        }

        client?.Dispose();
        return count;
    }
}
