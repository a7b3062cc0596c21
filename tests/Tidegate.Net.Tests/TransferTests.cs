using System.Net.Sockets;
using FsCheck;
using FsCheck.Xunit;

namespace Tidegate.Net.Tests;

public sealed class TransferTests
{
    [Fact]
    public async Task Both_directions_move_much_at_once_with_slow_and_quick_ends()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        byte[] down = Bytes(5_000_000, 1);
        byte[] up = Bytes(5_000_000, 2);
        Task<byte[]> peerReceives = Task.Run(() => ReceiveAll(peer, 777));
        Task peerSends = Task.Run(() =>
        {
            for (int i = 0; i < up.Length; i += 1000)
            {
                _ = peer.Send(up.AsSpan(i, 1000));
            }

            peer.Shutdown(SocketShutdown.Send);
        });
        Task<byte[]> received = fixture.RunAsync(() => ReceiveToEndAsync(connection, 4096));
        await fixture.RunAsync(async () =>
        {
            IoResult sent = await connection.SendAsync(down.AsMemory(0, 1_000_000), down.AsMemory(1_000_000));
            Assert.Equal(down.Length, sent.Bytes);
            connection.ShutdownSend();
        });
        await peerSends.WaitAsync(LoopFixture.Patience);
        Assert.Equal(up, await received);
        Assert.Equal(down, await peerReceives.WaitAsync(LoopFixture.Patience));
    }

    [Property(MaxTest = 40)]
    public bool Any_split_of_the_pieces_arrives_as_one_stream(NonEmptyArray<NonEmptyArray<byte>> pieces, PositiveInt bufferLength)
    {
        byte[][] parts = [.. pieces.Get.Select(piece => piece.Get)];
        byte[] expected = [.. parts.SelectMany(part => part)];
        return Task.Run(async () =>
        {
            await using var fixture = new LoopFixture();
            (Connection connection, Socket peer) = await fixture.PairAsync();
            using Socket closedLater = peer;
            Task<byte[]> peerReceives = Task.Run(() => ReceiveAll(peer, bufferLength.Get));
            await fixture.RunAsync(async () =>
            {
                for (int i = 0; i < parts.Length; i += 2)
                {
                    _ = i + 1 < parts.Length ? await connection.SendAsync(parts[i], parts[i + 1]) : await connection.SendAsync(parts[i]);
                }

                connection.Close();
            });
            byte[] received = await peerReceives.WaitAsync(LoopFixture.Patience);
            return expected.AsSpan().SequenceEqual(received);
        }).GetAwaiter().GetResult();
    }

    [Fact]
    public async Task A_shutdown_waits_for_the_send_before_it()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        byte[] data = Bytes(8_000_000, 3);
        Task<IoResult> sent = fixture.RunAsync(() =>
        {
            ValueTask<IoResult> pending = connection.SendAsync(data);
            Assert.False(pending.IsCompleted);
            connection.ShutdownSend();
            return pending;
        });
        byte[] received = await Task.Run(() => ReceiveAll(peer, 65536)).WaitAsync(LoopFixture.Patience);
        Assert.Equal(data.Length, (await sent).Bytes);
        Assert.True(data.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task A_connection_that_always_has_more_lets_others_in_between()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        const int total = 100_000;
        _ = await peer.SendAsync(new byte[total]);
        await fixture.SettleAsync();
        bool hadItsTurn = false;
        int receivedBefore = 0;
        await fixture.RunAsync(async () =>
        {
            fixture.Loop.Post(_ => hadItsTurn = true, null);
            byte[] buffer = new byte[20];
            for (int received = 0; received < total;)
            {
                received += (await connection.ReceiveAsync(buffer)).Bytes;
                receivedBefore = hadItsTurn ? receivedBefore : received;
            }
        });
        Assert.True(receivedBefore < total / 2, $"{receivedBefore} bytes were received before anybody else had a turn");
    }

    [Fact]
    public async Task Closing_ends_what_waits_as_aborted()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        IoResult[] results = await fixture.RunAsync(async () =>
        {
            ValueTask<IoResult> received = connection.ReceiveAsync(new byte[10]);
            ValueTask<IoResult> sent = connection.SendAsync(new byte[20_000_000]);
            connection.Close();
            return new[] { await received, await sent, await connection.ReceiveAsync(new byte[10]), await connection.SendAsync(new byte[1]) };
        });
        Assert.All(results, result => Assert.Equal(IoError.Aborted, result.Error));
    }

    [Fact]
    public async Task A_receive_can_be_cancelled_and_begun_anew()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        byte[] buffer = new byte[10];
        await fixture.RunAsync(async () =>
        {
            connection.CancelReceive();
            ValueTask<IoResult> pending = connection.ReceiveAsync(buffer);
            connection.CancelReceive();
            Assert.Equal(IoError.Aborted, (await pending).Error);
        });
        Task<IoResult> received = fixture.RunAsync(() => connection.ReceiveAsync(buffer));
        _ = peer.Send("ok"u8);
        Assert.Equal(2, (await received).Bytes);
    }

    [Fact]
    public async Task Who_waits_for_a_connection_continues_after_the_call_that_closes_it()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        bool isEndedInside = await fixture.RunAsync(async () =>
        {
            bool isEnded = false;
            async ValueTask ReceiveAsync()
            {
                await connection.ReceiveAsync(new byte[10]);
                isEnded = true;
            }

            ValueTask receiving = ReceiveAsync();
            connection.Close();
            bool isInside = isEnded;
            await receiving;
            return isInside;
        });
        Assert.False(isEndedInside);
    }

    [Fact]
    public async Task Bytes_are_taken_when_the_peer_has_acknowledged_them()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        (long sent, long taken) = await fixture.RunAsync(async () =>
        {
            ValueTask<IoResult> sending = connection.SendAsync(new byte[50_000_000]);
            (long Sent, long Taken) seen = (connection.BytesSent, connection.BytesTaken);
            connection.Abort();
            await sending;
            return seen;
        });
        Assert.InRange(sent, 1, 49_999_999);
        Assert.InRange(taken, 0, sent);
    }

    [Fact]
    public async Task Two_operations_of_a_kind_at_once_are_refused()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        await fixture.RunAsync(async () =>
        {
            ValueTask<IoResult> received = connection.ReceiveAsync(new byte[10]);
            ValueTask<IoResult> sent = connection.SendAsync(new byte[20_000_000]);
            Assert.Throws<InvalidOperationException>(() => connection.ReceiveAsync(new byte[10]).GetAwaiter().GetResult());
            Assert.Throws<InvalidOperationException>(() => connection.SendAsync(new byte[10]).GetAwaiter().GetResult());
            connection.Close();
            _ = await received;
            _ = await sent;
        });
    }

    [Fact]
    public async Task Abort_resets_the_peer()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        await fixture.RunAsync(connection.Abort);
        SocketException exception = Assert.Throws<SocketException>(() => peer.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Events_of_a_closed_connection_do_not_reach_one_that_took_its_descriptor()
    {
        await using var fixture = new LoopFixture();
        (Connection first, Socket firstPeer) = await fixture.PairAsync();
        (Connection second, Socket secondPeer) = await fixture.PairAsync();
        using Socket closedLater = secondPeer;
        using var unrelated = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unrelated.Bind(LoopFixture.AnyPort);
        unrelated.Listen();
        var recorder = new Recorder();
        Connection? replacement = null;

        // Both have an event in one turn; the one that is served first closes the other and opens a connection, which gets its descriptor.
        void Replace(Connection other)
        {
            if (replacement is null && other.IsOpen)
            {
                other.Close();
                ValueTask<ConnectResult> connect = fixture.Loop.ConnectAsync(unrelated.LocalEndPoint!, new ConnectOptions());
                _ = TakeAsync(connect);
            }
        }

        async Task TakeAsync(ValueTask<ConnectResult> connect)
        {
            replacement = (await connect).Connection!;
            replacement.WhenReadable(recorder);
        }

        await fixture.RunAsync(() =>
        {
            first.WhenReadable(new Recorder(() => Replace(second)));
            second.WhenReadable(new Recorder(() => Replace(first)));
            _ = firstPeer.Send("1"u8);
            _ = secondPeer.Send("2"u8);
        });
        using Socket accepted = await unrelated.AcceptAsync().WaitAsync(LoopFixture.Patience);
        await fixture.SettleAsync();
        Assert.NotNull(replacement);
        Assert.Empty(recorder.Events);
        _ = accepted.Send("3"u8);
        Assert.Equal(["readable"], await recorder.WaitAsync(1));
        firstPeer.Dispose();
    }

    internal static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] ReceiveAll(Socket socket, int bufferLength)
    {
        var all = new MemoryStream();
        byte[] buffer = new byte[bufferLength];
        while (socket.Receive(buffer) is > 0 and var count)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    private static async ValueTask<byte[]> ReceiveToEndAsync(Connection connection, int bufferLength)
    {
        var all = new MemoryStream();
        byte[] buffer = new byte[bufferLength];
        while (await connection.ReceiveAsync(buffer) is { Bytes: > 0 } received)
        {
            all.Write(buffer, 0, received.Bytes);
        }

        return all.ToArray();
    }
}
