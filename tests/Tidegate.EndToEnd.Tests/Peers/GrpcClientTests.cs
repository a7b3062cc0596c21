using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;

namespace Tidegate.EndToEnd.Tests.Peers;

/// <summary>gRPC's own clients for .NET against its own server behind the gateway: all kinds of calls through all pairings, and gRPC-Web.</summary>
[Collection(PeerCollection.Name)]
public sealed class GrpcClientTests(PeerGateway peers)
{
    private const string MixedText = "tide ĝate";

    /// <summary>How a client comes, and by which host.</summary>
    public static TheoryData<bool, string> Pairings => new MatrixTheoryData<bool, string>([false, true], ["h2c.test", "h2.test"]);

    /// <summary>How a client of gRPC-Web comes: with which HTTP, in which form, by which host.</summary>
    public static TheoryData<string, GrpcWebMode, string> WebPairings =>
        new MatrixTheoryData<string, GrpcWebMode, string>(["1.1", "2.0"], [GrpcWebMode.GrpcWeb, GrpcWebMode.GrpcWebText], ["h2c.test", "h2.test"]);

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task All_kinds_of_calls_go_through(bool withTls, string host)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(PeerGateway.UriOf(host, withTls), new GrpcChannelOptions { HttpHandler = peers.Handler(), DisposeHttpClient = true });
        var client = new Peer.PeerClient(channel);
        CancellationToken cancellation = TestContext.Current.CancellationToken;

        await SaysAsync(client);

        using AsyncClientStreamingCall<Text, Text> join = client.Join(cancellationToken: cancellation);
        foreach (string word in new[] { "a", "b", "c" })
        {
            await join.RequestStream.WriteAsync(new Text { Value = word }, cancellation);
        }

        await join.RequestStream.CompleteAsync();
        Assert.Equal("a+b+c", (await join).Value);

        Assert.Equal("tide", await SpellsAsync(client));

        using AsyncDuplexStreamingCall<Text, Text> chat = client.Chat(cancellationToken: cancellation);
        for (int i = 0; i < 20; i++)
        {
            // Each answer is there before the next message is sent.
            await chat.RequestStream.WriteAsync(new Text { Value = new string('x', i * 1_000) }, cancellation);
            Assert.True(await chat.ResponseStream.MoveNext(cancellation));
            Assert.Equal(i * 1_000, chat.ResponseStream.Current.Value.Length);
        }

        await chat.RequestStream.CompleteAsync();
        Assert.False(await chat.ResponseStream.MoveNext(cancellation));

        await FailsAsync(client);
        RpcException late = await Assert.ThrowsAsync<RpcException>(
            () => client.WaitAsync(new Text(), deadline: DateTime.UtcNow.AddMilliseconds(100), cancellationToken: cancellation).ResponseAsync);
        Assert.True(late.StatusCode is StatusCode.DeadlineExceeded or StatusCode.Unavailable, late.ToString()); // the client's clock or the gateway's, whichever is first
    }

    [Theory]
    [MemberData(nameof(WebPairings))]
    public async Task A_client_of_gRPC_Web_calls_a_server_of_gRPC(string version, GrpcWebMode mode, string host)
    {
        using var handler = new GrpcWebHandler(mode, peers.Handler());
        using GrpcChannel channel = GrpcChannel.ForAddress(
            new Uri($"http://{host}:8081"), new GrpcChannelOptions { HttpHandler = handler, HttpVersion = Version.Parse(version), HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact });
        var client = new Peer.PeerClient(channel);

        await SaysAsync(client);
        if (mode == GrpcWebMode.GrpcWebText)
        {
            Assert.Equal("tide", await SpellsAsync(client)); // the binary form has no streams in this client
        }

        await FailsAsync(client);
    }

    private static async Task SaysAsync(Peer.PeerClient client)
    {
        using AsyncUnaryCall<Text> call = client.SayAsync(new Text { Value = "hello" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal("hello", (await call).Value);
        Assert.Equal("hello", (await call.ResponseHeadersAsync).GetValue("x-before"));
        Assert.Equal("hello", call.GetTrailers().GetValue("x-behind"));
    }

    private static async Task<string> SpellsAsync(Peer.PeerClient client)
    {
        string spelled = "";
        using AsyncServerStreamingCall<Text> spell = client.Spell(new Text { Value = "tide" }, cancellationToken: TestContext.Current.CancellationToken);
        await foreach (Text letter in spell.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
        {
            spelled += letter.Value;
        }

        return spelled;
    }

    private static async Task FailsAsync(Peer.PeerClient client)
    {
        RpcException failure = await Assert.ThrowsAsync<RpcException>(
            () => client.FailAsync(new Text { Value = $"5 {MixedText}" }, cancellationToken: TestContext.Current.CancellationToken).ResponseAsync);
        Assert.Equal((StatusCode.NotFound, MixedText), (failure.StatusCode, failure.Status.Detail));
    }
}
