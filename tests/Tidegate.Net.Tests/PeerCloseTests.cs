using System.Net.Sockets;

namespace Tidegate.Net.Tests;

public sealed class PeerCloseTests
{
    [Fact]
    public async Task The_end_of_the_stream_is_a_receive_of_nothing()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        peer.Send("last words"u8);
        peer.Shutdown(SocketShutdown.Send);
        await fixture.RunAsync(async () =>
        {
            byte[] buffer = new byte[100];
            Assert.Equal(10, await ReceiveAllAsync(connection, buffer));
            Assert.True((await connection.ReceiveAsync(buffer)).IsEof);
            Assert.True((await connection.ReceiveAsync(buffer)).IsEof);
            Assert.True(connection.IsOpen);
            Assert.Equal(3, (await connection.SendAsync("bye"u8.ToArray())).Bytes);
            connection.Close();
        });
        byte[] received = new byte[10];
        Assert.Equal(3, peer.Receive(received));
        Assert.Equal(0, peer.Receive(received));
    }

    [Fact]
    public async Task A_reset_is_an_error_and_stays_one()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        Reset(peer);
        await fixture.RunAsync(async () =>
        {
            byte[] buffer = new byte[100];
            Assert.Equal(IoError.Reset, (await connection.ReceiveAsync(buffer)).Error);
            Assert.Equal(IoError.Reset, (await connection.ReceiveAsync(buffer)).Error);
            Assert.True((await connection.SendAsync(buffer)).IsError);
            connection.Close();
        });
    }

    [Fact]
    public async Task A_reset_that_a_send_has_met_is_not_a_clean_end_for_the_receiver()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        Reset(peer);
        await fixture.SettleAsync();
        await fixture.RunAsync(async () =>
        {
            IoResult sent = await connection.SendAsync("too late"u8.ToArray());
            Assert.Equal(IoError.Reset, sent.Error);
            IoResult received = await connection.ReceiveAsync(new byte[100]);
            Assert.Equal(IoError.Reset, received.Error);
            Assert.False(received.IsEof);
            connection.Close();
        });
    }

    [Fact]
    public async Task Sending_after_the_peer_has_closed_and_reset_leaves_its_end_of_stream_clean()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        peer.Send("answer"u8);
        peer.Dispose();
        await fixture.SettleAsync();
        await fixture.RunAsync(async () =>
        {
            // The peer answers the first with a reset, the second meets it.
            _ = await connection.SendAsync("x"u8.ToArray());
            Assert.Equal(32, (await connection.SendAsync("x"u8.ToArray())).Error.Errno);
            byte[] buffer = new byte[100];
            Assert.Equal(6, (await connection.ReceiveAsync(buffer)).Bytes);
            Assert.True((await connection.ReceiveAsync(buffer)).IsEof);
            connection.Close();
        });
    }

    [Fact]
    public async Task The_owner_hears_of_the_end_while_busy_elsewhere()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        var recorder = new Recorder();
        await fixture.RunAsync(() => connection.WhenPeerCloses(recorder));
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(["closed"], await recorder.WaitAsync(1));
        Assert.True(connection.HasPeerClosed);
        peer.Dispose();
    }

    [Fact]
    public async Task A_reset_is_told_apart_and_told_also_after_an_orderly_end()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        var recorder = new Recorder();
        await fixture.RunAsync(() => connection.WhenPeerCloses(recorder));
        peer.Shutdown(SocketShutdown.Send);
        await recorder.WaitAsync(1);
        Reset(peer);
        Assert.Equal(["closed", "reset"], await recorder.WaitAsync(1));
    }

    [Fact]
    public async Task An_end_that_came_with_the_last_bytes_is_told_when_the_owner_arms_afterwards()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        peer.Send("request"u8);
        peer.Shutdown(SocketShutdown.Send);
        await fixture.SettleAsync();
        var recorder = new Recorder();
        await fixture.RunAsync(async () =>
        {
            Assert.Equal(7, (await connection.ReceiveAsync(new byte[100])).Bytes);
            connection.WhenPeerCloses(recorder);
            Assert.Empty(recorder.Events);
        });
        Assert.Equal(["closed"], await recorder.WaitAsync(1));
    }

    [Fact]
    public async Task Nobody_is_told_after_disarming_or_closing()
    {
        await using var fixture = new LoopFixture();
        (Connection disarmed, Socket peer1) = await fixture.PairAsync();
        (Connection closed, Socket peer2) = await fixture.PairAsync();
        var recorder = new Recorder();
        await fixture.RunAsync(() =>
        {
            disarmed.WhenPeerCloses(recorder);
            disarmed.WhenPeerCloses(null);
            closed.WhenPeerCloses(recorder);
            closed.WhenReadable(recorder);
            closed.Close();
        });
        peer1.Dispose();
        peer2.Dispose();
        await fixture.SettleAsync();
        Assert.Empty(recorder.Events);
    }

    [Fact]
    public async Task Readable_is_told_once_for_each_arming_and_not_inside_the_call()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        var recorder = new Recorder();
        await fixture.RunAsync(() => connection.WhenReadable(recorder));
        peer.Send("abcd"u8);
        await recorder.WaitAsync(1);
        peer.Send("efgh"u8);
        await fixture.SettleAsync();
        Assert.Single(recorder.Events);
        await fixture.RunAsync(async () =>
        {
            // Part of it is taken, the rest is there already and makes no further event in the kernel.
            Assert.Equal(2, (await connection.ReceiveAsync(new byte[2])).Bytes);
            connection.WhenReadable(recorder);
            Assert.Single(recorder.Events);
        });
        await recorder.WaitAsync(1);
        await fixture.SettleAsync();
        Assert.Equal(2, recorder.Events.Count);
    }

    [Fact]
    public async Task An_idle_connection_hears_of_the_end_as_readable()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        var received = new TaskCompletionSource<IoResult>();
        var recorder = new Recorder(() => received.SetResult(connection.ReceiveAsync(new byte[1]).GetAwaiter().GetResult()));
        await fixture.RunAsync(() => connection.WhenReadable(recorder));
        peer.Dispose();
        await recorder.WaitAsync(1);
        Assert.True((await received.Task).IsEof);
    }

    internal static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    private static async ValueTask<int> ReceiveAllAsync(Connection connection, byte[] buffer)
    {
        int length = 0;
        while (length < 10)
        {
            length += (await connection.ReceiveAsync(buffer)).Bytes;
        }

        return length;
    }
}
