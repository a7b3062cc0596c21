using System.Security.Cryptography;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>Writes ClientHellos as clients do, and as none does (RFC 8446, section 4.1.2).</summary>
internal static class HelloBytes
{
    private const byte HandshakeRecord = 22;
    private const byte ClientHello = 1;
    private const int MaxRecordBytes = 16 * 1024;

    /// <summary>What any client says besides: groups, signature algorithms. Enough for TLS 1.2, which needs no more to be answered.</summary>
    public static byte[] Usual { get; } =
    [
        .. Extension(10, Vector16([0x00, 0x17])),
        .. Extension(11, [1, 0]),
        .. Extension(13, Vector16([0x04, 0x03, 0x08, 0x04, 0x04, 0x01])),
    ];

    /// <summary>A ClientHello in one record, with <see cref="Usual"/> and these extensions.</summary>
    public static byte[] With(params byte[][] extensions) => Records(Message([.. Usual, .. extensions.SelectMany(static extension => extension)]));

    /// <summary>The message alone, with exactly these extensions.</summary>
    public static byte[] Message(byte[] extensions)
    {
        byte[] body =
        [
            3, 3, .. RandomNumberGenerator.GetBytes(32),
            0,
            .. Vector16([0x13, 0x01, 0xC0, 0x2B, 0xC0, 0x2F]),
            1, 0,
            .. Vector16(extensions),
        ];
        return [ClientHello, (byte)(body.Length >> 16), .. Number16(body.Length), .. body];
    }

    /// <summary>A handshake message in as few records as can be.</summary>
    public static byte[] Records(byte[] message) =>
        [.. message.Chunk(MaxRecordBytes).SelectMany(static piece => Record(HandshakeRecord, piece))];

    /// <summary>A record in the clear.</summary>
    public static byte[] Record(byte type, byte[] payload) => [type, 3, 3, .. Vector16(payload)];

    /// <summary>The same record many times over.</summary>
    public static byte[] Repeated(byte type, byte[] payload, int count) =>
        [.. Enumerable.Repeat(Record(type, payload), count).SelectMany(static record => record)];

    /// <summary>The extension <c>server_name</c> with these names.</summary>
    public static byte[] ServerNames(params string[] names) =>
        Extension(0, Vector16([.. names.SelectMany(static name => new byte[] { 0 }.Concat(Vector16(Encoding.Latin1.GetBytes(name))))]));

    /// <summary>The extension <c>application_layer_protocol_negotiation</c>.</summary>
    public static byte[] Protocols(params string[] names) =>
        Extension(16, Vector16([.. names.SelectMany(static name => new[] { (byte)name.Length }.Concat(Encoding.Latin1.GetBytes(name)))]));

    /// <summary>An extension.</summary>
    public static byte[] Extension(int type, byte[] data) => [.. Number16(type), .. Vector16(data)];

    /// <summary>Bytes behind their number in two bytes.</summary>
    public static byte[] Vector16(byte[] data) => [.. Number16(data.Length), .. data];

    private static byte[] Number16(int number) => [(byte)(number >> 8), (byte)number];
}
