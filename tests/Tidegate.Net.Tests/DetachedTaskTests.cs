using System.Runtime.CompilerServices;

namespace Tidegate.Net.Tests;

public sealed class DetachedTaskTests
{
    [Fact]
    public async Task Failures_of_tasks_that_nobody_awaits_are_reported_with_their_context()
    {
        await using var fixture = new LoopFixture();
        var gate = new TaskCompletionSource();
        await fixture.RunAsync(() =>
        {
            fixture.Loop.Detach(FailAsync(Task.CompletedTask), "at once");
            fixture.Loop.Detach(FailAsync(gate.Task), "later");
            Assert.Equal("at once", Assert.Single(fixture.Unhandled).Context);
        });
        gate.SetResult();
        await fixture.SettleAsync();
        Assert.Equal(["at once", "later"], fixture.Unhandled.Select(each => each.Context));
        Assert.All(fixture.Unhandled, each => Assert.Equal("failed", each.Exception.Message));
        fixture.Unhandled.Clear();
    }

    [Fact]
    public async Task Detaching_allocates_nothing_once_warm()
    {
        await using var fixture = new LoopFixture();
        long allocated = await fixture.RunAsync(async () =>
        {
            ListenSocket listener = fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions(), new Acceptor(_ => { }), out _)!;
            Connection connection = (await fixture.Loop.ConnectAsync(listener.LocalEndPoint, new ConnectOptions())).Connection!;
            byte[] buffer = new byte[10];
            var ended = new LoopSignal(fixture.Loop);
            await RoundsAsync(100);
            long before = GC.GetAllocatedBytesForCurrentThread();
            await RoundsAsync(1000);
            return GC.GetAllocatedBytesForCurrentThread() - before;

            [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
            async ValueTask RoundsAsync(int count)
            {
                for (int i = 0; i < count; i++)
                {
                    fixture.Loop.Detach(ReceiveAsync(connection, buffer), "a receive");
                    connection.CancelReceive();
                    ValueTask behind = ended.WaitAsync();
                    ended.Set();
                    await behind;
                }
            }
        });
        Assert.Equal(0, allocated);
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask ReceiveAsync(Connection connection, byte[] buffer) => await connection.ReceiveAsync(buffer);

    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private static async ValueTask FailAsync(Task gate)
    {
        await gate;
        throw new InvalidOperationException("failed");
    }
}
