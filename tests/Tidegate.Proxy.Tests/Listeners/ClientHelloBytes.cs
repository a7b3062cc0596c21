using System.Text;

namespace Tidegate.Proxy.Tests.Listeners;

/// <summary>Writes ClientHellos as clients do, and as none does.</summary>
internal static class ClientHelloBytes
{
    /// <summary>A whole one in one record.</summary>
    public static byte[] Of(string? serverName, params string[] protocols) => Records(Message(serverName, protocols), int.MaxValue);

    /// <summary>A handshake message in records of at most so many bytes.</summary>
    public static byte[] Records(byte[] message, int recordLength)
    {
        var bytes = new List<byte>();
        foreach (byte[] piece in message.Chunk(Math.Min(recordLength, 16 * 1024)))
        {
            bytes.AddRange([22, 3, 1, .. Number16(piece.Length), .. piece]);
        }

        return [.. bytes];
    }

    /// <summary>The handshake message alone.</summary>
    public static byte[] Message(string? serverName, params string[] protocols)
    {
        byte[] extensions = [.. Extension(0x2B, [2, 3, 4]), .. protocols.Length == 0 ? [] : Protocols(protocols), .. serverName is null ? [] : ServerName(serverName)];
        return MessageWith(extensions);
    }

    /// <summary>The handshake message with these extensions.</summary>
    public static byte[] MessageWith(byte[] extensions) => MessageWith([0x13, 1, 0x13, 2], extensions);

    /// <summary>The handshake message with these cipher suites and extensions.</summary>
    public static byte[] MessageWith(byte[] suites, byte[] extensions)
    {
        byte[] body =
        [
            3, 3, .. Enumerable.Repeat((byte)7, 32),
            32, .. Enumerable.Repeat((byte)9, 32),
            .. Vector16(suites),
            1, 0,
            .. Vector16(extensions),
        ];
        return [1, 0, .. Number16(body.Length), .. body];
    }

    /// <summary>The extension <c>server_name</c>.</summary>
    public static byte[] ServerName(string name) => Extension(0, Vector16([0, .. Vector16(Encoding.Latin1.GetBytes(name))]));

    /// <summary>The extension <c>application_layer_protocol_negotiation</c>.</summary>
    public static byte[] Protocols(params string[] names) =>
        Extension(16, Vector16([.. names.SelectMany(static name => new[] { (byte)name.Length }.Concat(Encoding.Latin1.GetBytes(name)))]));

    /// <summary>An extension.</summary>
    public static byte[] Extension(int type, byte[] data) => [.. Number16(type), .. Vector16(data)];

    private static byte[] Vector16(byte[] data) => [.. Number16(data.Length), .. data];

    private static byte[] Number16(int number) => [(byte)(number >> 8), (byte)number];
}
