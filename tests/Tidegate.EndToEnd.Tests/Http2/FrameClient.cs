using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Http2;

/// <summary>A client that says frames.</summary>
internal sealed class FrameClient(RawClient client) : FramePeer(client.Reader, TestContext.Current.CancellationToken), IDisposable
{
    /// <summary>GET http://x/ with indexes of the static table (RFC 7541, appendix A).</summary>
    public static readonly byte[] Get = [0x82, 0x86, 0x84, 0x41, 1, (byte)'x'];

    /// <summary>POST of the same.</summary>
    public static readonly byte[] Post = [0x83, 0x86, 0x84, 0x41, 1, (byte)'x'];

    /// <summary>A WebSocket by extended CONNECT (RFC 8441).</summary>
    public static readonly string[] WebSocket = [":method: CONNECT", ":protocol: websocket", ":scheme: http", ":path: /ws", ":authority: x", "sec-websocket-version: 13"];

    /// <summary>The preface, with empty SETTINGS behind it.</summary>
    public static byte[] Greeting(params byte[] settings) => [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(4, 0, 0, settings)];

    /// <summary>A client that has greeted, and was greeted.</summary>
    public static async Task<FrameClient> ConnectAsync(XdsProxy proxy, params byte[] settings)
    {
        var client = new FrameClient(await proxy.ConnectAsync());
        await client.SayAsync(Greeting(settings), Frame(4, 1, 0));
        await client.HearUntilAsync("SETTINGS ACK");
        return client;
    }

    /// <inheritdoc/>
    public override Task SayAsync(params byte[][] frames) => client.SendAsync(frames.SelectMany(frame => frame).ToArray());

    /// <summary>Whether the gateway closes the connection.</summary>
    public Task IsClosedAsync() => client.AssertClosedAsync();

    /// <summary>Ends our half of the connection.</summary>
    public void FinishSending() => client.FinishSending();

    public void Dispose() => client.Dispose();
}
