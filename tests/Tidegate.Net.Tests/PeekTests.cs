using System.Net.Sockets;
using System.Text;

namespace Tidegate.Net.Tests;

public sealed class PeekTests
{
    [Fact]
    public async Task What_was_peeked_at_is_received_after_that()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket _ = peer;
        var recorder = new Recorder();
        await fixture.RunAsync(() => connection.WhenReadable(recorder));
        await peer.SendAsync("hello"u8.ToArray());
        await recorder.WaitAsync(1);
        string[] seen = await fixture.RunAsync(async () =>
        {
            byte[] buffer = new byte[100];
            string first = Encoding.ASCII.GetString(buffer, 0, connection.Peek(buffer).Bytes);
            string second = Encoding.ASCII.GetString(buffer, 0, connection.Peek(buffer.AsSpan(0, 2)).Bytes);
            connection.EndPeek();
            return new[] { first, second, Encoding.ASCII.GetString(buffer, 0, (await connection.ReceiveAsync(buffer)).Bytes) };
        });
        Assert.Equal(["hello", "he", "hello"], seen);
    }

    [Fact]
    public async Task Between_two_looks_only_more_bytes_make_it_readable()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket _ = peer;
        var first = new Recorder();
        await fixture.RunAsync(() => connection.WhenReadable(first));
        await peer.SendAsync("a"u8.ToArray());
        await first.WaitAsync(1);

        var second = new Recorder();
        await fixture.RunAsync(() =>
        {
            connection.Peek(new byte[100]);
            connection.WhenReadable(second);
        });
        await fixture.SettleAsync();
        Assert.Empty(second.Events);
        await peer.SendAsync("b"u8.ToArray());
        Assert.Equal(["readable"], await second.WaitAsync(1));
    }

    [Fact]
    public async Task Nothing_there_and_the_end_are_told_apart()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        Assert.Equal(IoError.WouldBlock, await fixture.RunAsync(() => ValueTask.FromResult(connection.Peek(new byte[1]).Error)));
        var recorder = new Recorder();
        await fixture.RunAsync(() => connection.WhenReadable(recorder));
        peer.Dispose();
        await recorder.WaitAsync(1);
        Assert.True(await fixture.RunAsync(() => ValueTask.FromResult(connection.Peek(new byte[1]).IsEof)));
    }
}
