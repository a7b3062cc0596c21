using System.Net;
using System.Net.Sockets;

namespace Tidegate.Net.Tests;

public sealed class ListenSocketTests
{
    [Fact]
    public async Task An_address_that_is_taken_is_said_so()
    {
        await using var fixture = new LoopFixture();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(LoopFixture.AnyPort);
        other.Listen();
        await fixture.RunAsync(() =>
        {
            Assert.Null(fixture.Loop.Listen((IPEndPoint)other.LocalEndPoint!, new ListenOptions(), new Acceptor(_ => { }), out IoError error));
            Assert.Equal(IoError.AddressInUse, error);
            Assert.Null(fixture.Loop.Listen(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0), new ListenOptions(), new Acceptor(_ => { }), out error));
            Assert.Equal("Cannot assign requested address", error.ToString());
        });
    }

    [Fact]
    public async Task Two_loops_listen_on_one_address_and_share_the_clients()
    {
        await using var fixture1 = new LoopFixture();
        await using var fixture2 = new LoopFixture();
        var accepted = new SemaphoreSlim(0);
        ListenSocket first = await fixture1.ListenAsync(_ => accepted.Release());
        await fixture2.RunAsync(() => Assert.NotNull(fixture2.Loop.Listen(first.LocalEndPoint, new ListenOptions(), new Acceptor(_ => accepted.Release()), out _)));
        for (int i = 0; i < 20; i++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(first.LocalEndPoint);
            Assert.True(await accepted.WaitAsync(LoopFixture.Patience));
        }
    }

    [Fact]
    public async Task A_connection_with_a_descriptor_that_is_not_for_it_is_closed_and_the_socket_rests()
    {
        await using var fixture = new LoopFixture();
        var acceptor = new Acceptor(_ => Assert.Fail("accepted"));
        ListenSocket listener = await fixture.RunAsync(() =>
            ValueTask.FromResult(fixture.Loop.Listen(LoopFixture.AnyPort, new ListenOptions { DescriptorLimit = 3 }, acceptor, out _)!));
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        await client.ConnectAsync(listener.LocalEndPoint);

        await acceptor.WaitForFailuresAsync(1);
        Assert.Equal(IoError.TooManyOpenFiles, acceptor.Failures.First());
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task No_connection_is_made_with_a_descriptor_that_is_not_for_it()
    {
        await using var fixture = new LoopFixture();
        ListenSocket listener = await fixture.ListenAsync(_ => Assert.Fail("connected"));

        ConnectResult result = await fixture.RunAsync(() => fixture.Loop.ConnectAsync(listener.LocalEndPoint, new ConnectOptions { DescriptorLimit = 3 }));

        Assert.Null(result.Connection);
        Assert.Equal(IoError.TooManyOpenFiles, result.Error);
    }

    [Fact]
    public async Task A_paused_socket_accepts_nothing_until_it_is_resumed()
    {
        await using var fixture = new LoopFixture();
        var accepted = new SemaphoreSlim(0);
        ListenSocket listener = await fixture.ListenAsync(_ => accepted.Release());
        await fixture.RunAsync(listener.Pause);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint);
        await fixture.SettleAsync();
        Assert.Equal(0, accepted.CurrentCount);
        await fixture.RunAsync(listener.Resume);
        Assert.True(await accepted.WaitAsync(LoopFixture.Patience));
    }

    [Fact]
    public async Task Closing_accepts_first_whom_the_kernel_has_let_in()
    {
        await using var fixture = new LoopFixture();
        var accepted = new SemaphoreSlim(0);
        ListenSocket listener = await fixture.ListenAsync(_ => accepted.Release());
        await fixture.RunAsync(listener.Pause);
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint);
        await fixture.RunAsync(listener.Close);
        Assert.True(await accepted.WaitAsync(LoopFixture.Patience));
        using var late = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await late.ConnectAsync(listener.LocalEndPoint));
    }

    [Fact]
    public async Task A_burst_of_clients_is_accepted_over_several_turns()
    {
        await using var fixture = new LoopFixture();
        var accepted = new SemaphoreSlim(0);
        ListenSocket listener = await fixture.ListenAsync(_ => accepted.Release(), new ListenOptions { MaxAcceptsPerTurn = 3 });
        List<Socket> clients = [];
        for (int i = 0; i < 50; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            clients.Add(client);
            await client.ConnectAsync(listener.LocalEndPoint);
        }

        for (int i = 0; i < 50; i++)
        {
            Assert.True(await accepted.WaitAsync(LoopFixture.Patience));
        }

        clients.ForEach(client => client.Dispose());
    }
}
