using System.Runtime.CompilerServices;

namespace Tidegate.Net.Tests;

public sealed class ConnectionTests
{
    [Fact]
    public async Task What_is_sent_comes_back_from_an_echo_server()
    {
        await using var fixture = new LoopFixture();
        string answer = await fixture.RunAsync(async () =>
        {
            ListenSocket socket = fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions(), new Server(EchoAsync), out _)!;
            ConnectResult result = await fixture.Loop.ConnectAsync(socket.LocalEndPoint, new ConnectOptions());
            await result.Connection!.SendAsync("hello, "u8.ToArray(), "world"u8.ToArray());
            byte[] buffer = new byte[100];
            int length = 0;
            while (length < 12)
            {
                length += (await result.Connection.ReceiveAsync(buffer.AsMemory(length))).Bytes;
            }

            return System.Text.Encoding.ASCII.GetString(buffer, 0, length);
        });
        Assert.Equal("hello, world", answer);
    }

    [Fact]
    public async Task A_large_transfer_waits_for_the_reader_and_arrives_whole()
    {
        await using var fixture = new LoopFixture();
        byte[] data = new byte[8 * 1024 * 1024];
        new Random(1).NextBytes(data);
        byte[] received = await fixture.RunAsync(async () =>
        {
            ListenSocket socket = fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions(), new Server(async connection =>
            {
                IoResult sent = await connection.SendAsync(data);
                Assert.Equal(data.Length, sent.Bytes);
                connection.Close();
            }), out _)!;
            ConnectResult result = await fixture.Loop.ConnectAsync(socket.LocalEndPoint, new ConnectOptions());
            var all = new MemoryStream();
            byte[] buffer = new byte[10_000];
            while (true)
            {
                IoResult read = await result.Connection!.ReceiveAsync(buffer);
                if (read.IsEof)
                {
                    return all.ToArray();
                }

                all.Write(buffer, 0, read.Bytes);
            }
        });
        Assert.True(data.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task Connecting_to_a_closed_port_is_refused()
    {
        await using var fixture = new LoopFixture();
        IoError error = await fixture.RunAsync(async () =>
        {
            ListenSocket socket = fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions(), new Server(EchoAsync), out _)!;
            socket.Close();
            return (await fixture.Loop.ConnectAsync(socket.LocalEndPoint, new ConnectOptions())).Error;
        });
        Assert.Equal(IoError.Refused, error);
        Assert.Equal("Connection refused", error.ToString());
    }

    [Fact]
    public async Task Ping_pong_allocates_nothing_per_round_once_warm()
    {
        await using var fixture = new LoopFixture();
        long allocated = await fixture.RunAsync(async () =>
        {
            ListenSocket socket = fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions(), new Server(EchoAsync), out _)!;
            Connection connection = (await fixture.Loop.ConnectAsync(socket.LocalEndPoint, new ConnectOptions())).Connection!;
            byte[] buffer = new byte[64];
            await PingPongAsync(connection, buffer, 1000);
            long before = GC.GetAllocatedBytesForCurrentThread();
            await PingPongAsync(connection, buffer, 10_000);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        });
        Assert.InRange(allocated, 0, 10_000);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask PingPongAsync(Connection connection, byte[] buffer, int rounds)
    {
        for (int i = 0; i < rounds; i++)
        {
            await OneRoundAsync(connection, buffer);
        }
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private static async ValueTask<int> OneRoundAsync(Connection connection, byte[] buffer)
    {
        await connection.SendAsync(buffer);
        return (await connection.ReceiveAsync(buffer)).Bytes;
    }

    private static async ValueTask EchoAsync(Connection connection)
    {
        byte[] buffer = new byte[4096];
        while (true)
        {
            IoResult received = await connection.ReceiveAsync(buffer);
            if (received.Bytes == 0)
            {
                connection.Close();
                return;
            }

            await connection.SendAsync(buffer.AsMemory(0, received.Bytes));
        }
    }
}
