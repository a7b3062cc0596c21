using System.Net;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>What a server says to the first bytes of a client.</summary>
internal static class HelloAnswer
{
    /// <summary>The handshake goes on.</summary>
    public const string ServerHello = "ServerHello";

    /// <summary>The connection was closed without a word.</summary>
    public const string Closed = "closed";

    private const byte AlertRecord = 21;
    private const byte HandshakeRecord = 22;
    private const byte ServerHelloMessage = 2;

    /// <summary>Sends the bytes on a connection of their own: <see cref="ServerHello"/>, <see cref="Closed"/> or <c>alert 40</c>.</summary>
    public static async Task<string> OfAsync(IPEndPoint server, byte[] bytes)
    {
        using RawClient client = await RawClient.ConnectAsync(server);
        return await OfAsync(client, bytes);
    }

    /// <summary>The same on a connection that is there already.</summary>
    public static async Task<string> OfAsync(RawClient client, byte[] bytes)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        try
        {
            await client.SendAsync(bytes);
            byte[] header = await client.Reader.ReadExactlyAsync(5, cancellation).WithinPatienceAsync("the server answers");
            byte[] payload = await client.Reader.ReadExactlyAsync((header[3] << 8) + header[4], cancellation).WithinPatienceAsync("the answer is whole");
            return (header[0], payload) switch
            {
                (HandshakeRecord, [ServerHelloMessage, ..]) => ServerHello,
                (AlertRecord, [_, var description]) => $"alert {description}",
                _ => $"record {header[0]} of {payload.Length} bytes",
            };
        }
        catch (Exception exception) when (exception is IOException or WireException)
        {
            return Closed;
        }
    }
}
