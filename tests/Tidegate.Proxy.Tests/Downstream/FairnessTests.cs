using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.LocalReplies;
using Tidegate.Proxy.Tests.Filters;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Tests.Downstream;

/// <summary>What one client does at once leaves the others of its worker their turn (edge.md, H2-FX4).</summary>
public sealed class FairnessTests
{
    private const int Burst = 100;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(10, true)]
    [InlineData(1000, false)]
    public async Task H2_FX4_the_requests_of_one_segment_leave_another_connection_its_turn(int perTurn, bool isServedBetween)
    {
        using var filter = new OrderFilter();
        var options = new ProxyOptions { Concurrency = 1, Http2RequestsPerTurn = perTurn };
        await using FilterGateway gateway = await FilterGateway.StartAsync(string.Empty, proxy: options, first: filter);
        using Socket flooding = await ConnectAsync(gateway);
        using Socket other = await ConnectAsync(gateway);
        await other.SendAsync("GET /first HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancellation);
        await other.ReceiveAsync(new byte[4096], Cancellation); // it is known to the worker

        // The worker is held in the first of the requests, until the other client's is waiting for it as well.
        await flooding.SendAsync(BurstOfRequests(), Cancellation);
        await filter.HasBegun.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        await other.SendAsync("GET /other HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancellation);
        filter.Gate.Set();
        await other.ReceiveAsync(new byte[4096], Cancellation);
        for (int i = 0; filter.Order.Count < Burst + 1; i++)
        {
            Assert.True(i < 2000, "all requests were begun");
            await Task.Delay(10, Cancellation);
        }

        Assert.Equal(isServedBetween, Array.IndexOf([.. filter.Order], "/other") < Burst);
    }

    private static async Task<Socket> ConnectAsync(FilterGateway gateway)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(gateway.Address, 8080, Cancellation);
        return socket;
    }

    // The preface, SETTINGS, and GET http://x/burst again and again (RFC 7541, appendix A).
    private static byte[] BurstOfRequests()
    {
        List<byte> bytes = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, 0, 0, 0, 4, 0, 0, 0, 0, 0];
        for (int i = 0; i < Burst; i++)
        {
            byte[] stream = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(stream, (2 * i) + 1);
            byte[] block = [0x82, 0x86, 0x41, 1, (byte)'x', 0x04, 6, .. "/burst"u8];
            bytes.AddRange([0, 0, (byte)block.Length, 1, 5, .. stream, .. block]);
        }

        return [.. bytes];
    }

    private sealed class OrderFilter : HttpFilter, IDisposable
    {
        public ConcurrentQueue<string> Order { get; } = new();

        public ManualResetEventSlim Gate { get; } = new();

        public TaskCompletionSource HasBegun { get; } = new();

        public override ValueTask<LocalReply?> OnRequestAsync(FilterRun run)
        {
            string path = Encoding.ASCII.GetString(run.Exchange.Request.Path);
            if (path == "/burst" && HasBegun.TrySetResult())
            {
                Gate.Wait(TimeSpan.FromSeconds(20));
            }

            if (path != "/first")
            {
                Order.Enqueue(path);
            }

            return default;
        }

        public void Dispose() => Gate.Dispose();
    }
}
