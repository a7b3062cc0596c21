using System.IO.Pipes;
using System.Net.Sockets;
using Tidegate.Net.Epoll;

namespace Tidegate.Net.Tests;

public sealed class EventLoopTests
{
    [Fact]
    public async Task What_many_threads_post_runs_on_the_loop_in_the_order_of_each()
    {
        await using var fixture = new LoopFixture();
        const int threads = 8;
        const int each = 5_000;
        var seen = new List<int>[threads];
        int left = threads * each;
        bool alwaysOnLoop = true;
        var done = new TaskCompletionSource();
        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(() =>
        {
            seen[thread] = [];
            for (int i = 0; i < each; i++)
            {
                int number = i;
                fixture.Loop.Post(
                    _ =>
                    {
                        alwaysOnLoop &= fixture.Loop.IsCurrent;
                        seen[thread].Add(number);
                        if (--left == 0)
                        {
                            done.SetResult();
                        }
                    },
                    null);
            }
        })));
        await done.Task.WaitAsync(LoopFixture.Patience);
        Assert.True(alwaysOnLoop);
        Assert.All(seen, numbers => Assert.Equal(Enumerable.Range(0, each), numbers));
    }

    [Fact]
    public async Task What_is_for_the_end_of_a_turn_runs_after_all_that_was_posted_in_it()
    {
        await using var fixture = new LoopFixture();
        List<string> order = [];
        var done = new TaskCompletionSource();
        fixture.Loop.Post(
            _ =>
            {
                fixture.Loop.PostToEndOfTurn(
                    _ =>
                    {
                        order.Add("end");
                        fixture.Loop.PostToEndOfTurn(
                            _ =>
                            {
                                order.Add("next end");
                                done.SetResult();
                            },
                            null);
                        fixture.Loop.Post(_ => order.Add("next turn"), null);
                    },
                    null);
                order.Add("first");
            },
            null);
        await done.Task.WaitAsync(LoopFixture.Patience);

        Assert.Equal(["first", "end", "next turn", "next end"], order);
    }

    [Fact]
    public async Task A_callback_that_posts_itself_again_does_not_keep_sockets_and_timers_waiting()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        bool stop = false;
        void Again(object? state)
        {
            if (!stop)
            {
                fixture.Loop.Post(Again, null);
            }
        }

        fixture.Loop.Post(Again, null);
        Task<IoResult> received = fixture.RunAsync(() => connection.ReceiveAsync(new byte[1]));
        Task timer = fixture.RunAsync(() => new ValueTask(DelayAsync(fixture.Loop, 5)));
        _ = peer.Send("x"u8);
        Assert.Equal(1, (await received).Bytes);
        await timer;
        await fixture.RunAsync(() => { stop = true; });
    }

    [Fact]
    public async Task Tasks_from_elsewhere_come_back_to_the_loop()
    {
        await using var fixture = new LoopFixture();
        await fixture.RunAsync(async () =>
        {
            Assert.Same(fixture.Loop, EventLoop.Current);
            await Task.Run(() => Assert.Null(EventLoop.Current));
            Assert.Same(fixture.Loop, EventLoop.Current);
            await Task.Yield();
            Assert.True(fixture.Loop.IsCurrent);
        });
    }

    [Fact]
    public async Task Exceptions_of_callbacks_are_reported_and_the_loop_lives_on()
    {
        await using var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        using Socket closedLater = peer;
        fixture.Loop.Post(_ => throw new InvalidOperationException("posted"), null);
        await fixture.RunAsync(() =>
        {
            fixture.Loop.Timers.Schedule(new CallbackTimer(() => throw new InvalidOperationException("timer")), 1);
            connection.WhenReadable(new Recorder(() => throw new InvalidOperationException("readable")));
        });
        _ = peer.Send("x"u8);
        await fixture.RunAsync(() => new ValueTask(DelayAsync(fixture.Loop, 5)));

        // A worker that catches one closes that connection.
        SocketException exception = Assert.Throws<SocketException>(() => peer.Receive(new byte[1]));
        Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        Assert.False(connection.IsOpen);
        Assert.Equal(["posted", "readable", "timer"], fixture.Unhandled.Select(each => each.Exception.Message).Order());
        fixture.Unhandled.Clear();
    }

    [Fact]
    public async Task A_connection_whose_handler_throws_is_reset_and_the_next_is_accepted()
    {
        await using var fixture = new LoopFixture();
        var accepted = new SemaphoreSlim(0);
        bool isFirst = true;
        ListenSocket listener = await fixture.ListenAsync(_ =>
        {
            if (isFirst)
            {
                isFirst = false;
                throw new InvalidOperationException("handler");
            }

            accepted.Release();
        });
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Throws<SocketException>(() =>
        {
            first.Connect(listener.LocalEndPoint);
            _ = first.Receive(new byte[1]);
        });
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await second.ConnectAsync(listener.LocalEndPoint);
        Assert.True(await accepted.WaitAsync(LoopFixture.Patience));
        Assert.Equal("handler", Assert.Single(fixture.Unhandled).Exception.Message);
        fixture.Unhandled.Clear();
    }

    [Fact]
    public async Task Stopping_ends_connections_connects_and_listeners()
    {
        var fixture = new LoopFixture();
        (Connection connection, Socket peer) = await fixture.PairAsync();
        ListenSocket listener = await fixture.ListenAsync(_ => { });
        using Socket full = ConnectTests.ListenWithFullBacklog(out List<Socket> queued);
        Task<IoResult> received = fixture.RunAsync(() => connection.ReceiveAsync(new byte[1]));
        int attempts = 0;
        Task<IoError> connected = fixture.RunAsync(async () =>
        {
            // An owner that tries again must not keep the loop from ending.
            ConnectResult result = default;
            for (; attempts < 5; attempts++)
            {
                result = await fixture.Loop.ConnectAsync(full.LocalEndPoint!, new ConnectOptions());
            }

            return result.Error;
        });
        await fixture.SettleAsync();
        await fixture.DisposeAsync();
        Assert.Equal(IoError.Aborted, (await received).Error);
        Assert.Equal(IoError.Aborted, await connected);
        Assert.Equal(5, attempts);
        using Socket closedLater = peer;
        try
        {
            Assert.Equal(0, peer.Receive(new byte[1]));
        }
        catch (SocketException exception)
        {
            Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
        }

        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Assert.Throws<SocketException>(() => late.Connect(listener.LocalEndPoint));
        queued.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public async Task Posting_to_a_loop_that_has_ended_writes_to_no_descriptor_that_is_used_anew()
    {
        var loops = new List<EventLoop>();
        for (int i = 0; i < 5; i++)
        {
            var fixture = new LoopFixture();
            await fixture.RunAsync(() => { });
            await fixture.DisposeAsync();
            loops.Add(fixture.Loop);
        }

        // These get the lowest free descriptors, those that the loops had.
        List<AnonymousPipeServerStream> pipes = [.. Enumerable.Range(0, 20).Select(_ => new AnonymousPipeServerStream(PipeDirection.Out))];
        foreach (EventLoop loop in loops)
        {
            loop.Post(_ => { }, null);
            loop.Post(_ => { }, null);
        }

        foreach (AnonymousPipeServerStream pipe in pipes)
        {
            using var reader = new AnonymousPipeClientStream(PipeDirection.In, pipe.ClientSafePipeHandle);
            pipe.WriteByte(42);
            Assert.Equal(42, reader.ReadByte());
            pipe.Dispose();
            Assert.Equal(-1, reader.ReadByte());
        }
    }

    [Fact]
    public async Task Stopping_a_loop_that_was_never_started_is_fine()
    {
        EventLoop loop = PlatformLoop.Create(0, new EventLoopOptions());
        await loop.StopAsync().WaitAsync(LoopFixture.Patience);
    }

    private static Task DelayAsync(EventLoop loop, long delayMs)
    {
        var expired = new TaskCompletionSource();
        loop.Timers.Schedule(new CallbackTimer(expired.SetResult), delayMs);
        return expired.Task;
    }
}
