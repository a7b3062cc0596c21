using System.Net;
using System.Net.WebSockets;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Peers;

/// <summary>.NET's own clients for HTTP and WebSocket: bodies and messages through all pairings of protocols.</summary>
[Collection(PeerCollection.Name)]
public sealed class HttpClientTests(PeerGateway peers)
{
    /// <summary>With which HTTP a client comes, with TLS or not, and by which host.</summary>
    public static TheoryData<string, bool, string> Pairings => new MatrixTheoryData<string, bool, string>(["1.1", "2.0"], [false, true], PeerGateway.Hosts);

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task A_large_body_goes_both_ways(string version, bool withTls, string host)
    {
        byte[] body = new byte[2_000_000];
        new Random(1).NextBytes(body);
        using var client = new HttpMessageInvoker(peers.Handler());
        using var request = new HttpRequestMessage(HttpMethod.Post, PeerGateway.UriOf(host, withTls, "/echo"))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };

        using HttpResponseMessage response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, version), (response.StatusCode, response.Version.ToString()));
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Pairings))]
    public async Task WebSocket_messages_go_both_ways(string version, bool withTls, string host)
    {
        using var invoker = new HttpMessageInvoker(peers.Handler());
        using var socket = new ClientWebSocket();
        socket.Options.HttpVersion = Version.Parse(version);
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var uri = new UriBuilder(PeerGateway.UriOf(host, withTls, "/socket")) { Scheme = withTls ? "wss" : "ws" };

        await socket.ConnectAsync(uri.Uri, invoker, cancellation);
        byte[] buffer = new byte[1024];
        foreach (string message in new[] { "hello", new string('x', 1_000) })
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Text, true, cancellation);
            ValueWebSocketReceiveResult received = await socket.ReceiveAsync(buffer.AsMemory(), cancellation);
            Assert.Equal((message, true), (Encoding.UTF8.GetString(buffer, 0, received.Count), received.EndOfMessage));
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellation);
        Assert.Equal("goodbye", socket.CloseStatusDescription);
    }
}
