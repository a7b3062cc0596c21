using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Tidegate.Net.Tests;

/// <summary>Alone in the process while it runs: it takes the file descriptors away from everybody.</summary>
[CollectionDefinition(nameof(DescriptorExhaustionTests), DisableParallelization = true)]
[Collection(nameof(DescriptorExhaustionTests))]
public sealed partial class DescriptorExhaustionTests
{
    private const int NumberOfFiles = 7; // RLIMIT_NOFILE

    [Fact]
    public async Task R02_without_descriptors_the_listener_rests_and_recovers_by_itself()
    {
        await using var fixture = new LoopFixture();
        var accepted = new SemaphoreSlim(0);
        var acceptor = new Acceptor(_ => accepted.Release());
        ListenSocket listener = await fixture.RunAsync(() =>
            ValueTask.FromResult(fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions { BackOffMs = 20 }, acceptor, out _)!));
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Equal(0, GetLimit(NumberOfFiles, out Limit limit));
        long turns = fixture.Loop.Turn;
        try
        {
            // No new descriptor from here on; those that exist stay usable.
            Assert.Equal(0, SetLimit(NumberOfFiles, limit with { Soft = 3 }));
            await client.ConnectAsync(listener.LocalEndPoint).WaitAsync(LoopFixture.Patience);
            await acceptor.WaitForFailuresAsync(3);
            turns = fixture.Loop.Turn - turns;
            Assert.Equal(0, accepted.CurrentCount);
            Task<IoResult> received = fixture.RunAsync(() => connection.ReceiveAsync(new byte[1]));
            _ = peer.Send("x"u8);
            Assert.Equal(1, (await received).Bytes);
        }
        finally
        {
            Assert.Equal(0, SetLimit(NumberOfFiles, limit));
        }

        Assert.True(await accepted.WaitAsync(LoopFixture.Patience));
        Assert.Equal(IoError.TooManyOpenFiles, acceptor.Failures.First());

        // A busy loop would make thousands.
        Assert.InRange(turns, 1, 50);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(nuint Soft, nuint Hard);
}
