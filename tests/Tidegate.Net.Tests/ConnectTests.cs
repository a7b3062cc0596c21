using System.Net;
using System.Net.Sockets;

namespace Tidegate.Net.Tests;

public sealed class ConnectTests
{
    [Fact]
    public async Task An_unanswered_connect_times_out()
    {
        await using var fixture = new LoopFixture();
        using Socket full = ListenWithFullBacklog(out List<Socket> queued);
        ConnectResult result = await fixture.RunAsync(() => fixture.Loop.ConnectAsync(full.LocalEndPoint!, new ConnectOptions { TimeoutMs = 50 }));
        Assert.Null(result.Connection);
        Assert.Equal(IoError.TimedOut, result.Error);
        queued.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Both_ends_know_their_addresses(string host)
    {
        var address = IPAddress.Parse(host);
        Assert.SkipWhen(address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6, "no IPv6 here");
        await using var fixture = new LoopFixture();
        var accepted = new TaskCompletionSource<Connection>();
        await fixture.RunAsync(async () =>
        {
            ListenSocket? listener = fixture.Loop.Listen(new IPEndPoint(address, 0), new ListenOptions(), new Acceptor(accepted.SetResult), out IoError error);
            Assert.False(error.IsError, error.ToString());
            Connection client = (await fixture.Loop.ConnectAsync(listener!.LocalEndPoint, new ConnectOptions())).Connection!;
            Connection server = await accepted.Task;
            Assert.Equal(NetAddress.From(listener.LocalEndPoint), client.RemoteAddress);
            Assert.Equal(client.RemoteAddress, server.LocalAddress);
            Assert.Equal(client.LocalAddress, server.RemoteAddress);
        });
    }

    [Fact]
    public async Task Unix_domain_sockets_connect_or_say_why_not()
    {
        await using var fixture = new LoopFixture();
        string path = Path.Combine(Path.GetTempPath(), $"tidegate-{Guid.NewGuid():n}.sock");
        var endPoint = new UnixDomainSocketEndPoint(path);
        ConnectResult missing = await fixture.RunAsync(() => fixture.Loop.ConnectAsync(endPoint, new ConnectOptions()));
        Assert.Equal(2, missing.Error.Errno);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(endPoint);
        listener.Listen();
        try
        {
            Connection connection = (await fixture.RunAsync(() => fixture.Loop.ConnectAsync(endPoint, new ConnectOptions()))).Connection!;
            using Socket peer = await listener.AcceptAsync().WaitAsync(LoopFixture.Patience);
            byte[] data = TransferTests.Bytes(1_000_000, 4);
            Task<IoResult> sent = fixture.RunAsync(() => connection.SendAsync(data));
            byte[] received = new byte[data.Length];
            for (int length = 0; length < data.Length;)
            {
                length += await peer.ReceiveAsync(received.AsMemory(length)).AsTask().WaitAsync(LoopFixture.Patience);
            }

            Assert.Equal(data, received);
            Assert.Equal(data.Length, (await sent).Bytes);
            Assert.False(connection.RemoteAddress.IsValid);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task What_the_peer_sent_at_once_is_there_after_the_connect()
    {
        await using var fixture = new LoopFixture();
        ListenSocket listener = await fixture.ListenAsync(connection =>
        {
            _ = connection.SendAsync("banner"u8.ToArray()).AsTask();
            connection.Close();
        });
        await fixture.RunAsync(async () =>
        {
            Connection client = (await fixture.Loop.ConnectAsync(listener.LocalEndPoint, new ConnectOptions())).Connection!;
            byte[] buffer = new byte[100];
            Assert.Equal(6, (await client.ReceiveAsync(buffer)).Bytes);
            Assert.True((await client.ReceiveAsync(buffer)).IsEof);
        });
    }

    [Fact]
    public async Task Descriptors_are_given_back()
    {
        await CycleAsync();
        int before = DescriptorsOfSockets();
        for (int i = 0; i < 5; i++)
        {
            await CycleAsync();
        }

        // Others test at the same time; what leaked would be more than ten.
        Assert.InRange(DescriptorsOfSockets() - before, int.MinValue, 10);
    }

    /// <summary>A listener that answers no further connect: the kernel drops the handshake when the queue is full.</summary>
    internal static Socket ListenWithFullBacklog(out List<Socket> queued)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(LoopFixture.AnyPort);
        listener.Listen(0);
        queued = [];
        for (int i = 0; i < 4; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            try
            {
                client.Connect(listener.LocalEndPoint!);
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
            {
                // It is under way, and stays so.
            }

            queued.Add(client);
        }

        return listener;
    }

    private static async Task CycleAsync()
    {
        await using var fixture = new LoopFixture();
        ListenSocket listener = await fixture.ListenAsync(connection => _ = connection.ReceiveAsync(new byte[1]).AsTask());
        await fixture.RunAsync(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                ConnectResult result = await fixture.Loop.ConnectAsync(listener.LocalEndPoint, new ConnectOptions());
                if (i % 3 == 0)
                {
                    result.Connection!.Close();
                }
                else if (i % 3 == 1)
                {
                    result.Connection!.Abort();
                }
            }

            listener.Close();
            _ = await fixture.Loop.ConnectAsync(listener.LocalEndPoint, new ConnectOptions());
        });
    }

    private static int DescriptorsOfSockets() =>
        Directory.GetFiles("/proc/self/fd").Count(fd =>
        {
            string? target = new FileInfo(fd).LinkTarget;
            return target is not null && (target.StartsWith("socket:", StringComparison.Ordinal) || target.StartsWith("anon_inode:", StringComparison.Ordinal));
        });
}
