using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Tidegate.EndToEnd.Tests.Harness;

namespace Tidegate.EndToEnd.Tests.Tls.Wire;

/// <summary>
/// A TLS 1.3 client down to its records (RFC 8446): TLS_AES_128_GCM_SHA256 and P-256, believes whatever it is shown, and after the handshake
/// sends records of any type, which no TLS library would.
/// </summary>
internal sealed class RecordClient : IDisposable
{
    /// <summary>The content type of alerts.</summary>
    public const byte Alert = 21;

    /// <summary>The content type of handshake messages.</summary>
    public const byte Handshake = 22;

    /// <summary>The content type of data.</summary>
    public const byte Data = 23;

    private const byte ServerHello = 2;
    private const byte Finished = 20;
    private const byte KeyUpdate = 24;

    private readonly NetworkStream _stream;
    private readonly List<byte> _handshakeTypes = [];
    private RecordKeys? _read;
    private RecordKeys? _write;

    private RecordClient(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    /// <summary>The types of the handshake messages that the server sent until its Finished.</summary>
    public IReadOnlyList<byte> HandshakeTypes => _handshakeTypes;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Connects and makes the handshake.</summary>
    /// <param name="server">Where.</param>
    /// <param name="serverName">The name that is asked for.</param>
    /// <param name="extensions">Extensions besides the usual.</param>
    public static async Task<RecordClient> ConnectAsync(IPEndPoint server, string serverName, params byte[][] extensions)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, Cancellation);
        var client = new RecordClient(socket);
        await client.MakeHandshakeAsync(HelloBytes.ServerNames(serverName), extensions).WaitAsync(Eventually.Patience, Cancellation);
        return client;
    }

    /// <summary>An encrypted record.</summary>
    public byte[] Seal(byte type, byte[] payload) => _write!.Seal(type, payload);

    /// <summary>A KeyUpdate, after which our own keys are new ones.</summary>
    public byte[] SealKeyUpdate(bool isRequest)
    {
        byte[] record = Seal(Handshake, [KeyUpdate, 0, 0, 1, (byte)(isRequest ? 1 : 0)]);
        _write!.Update();
        return record;
    }

    /// <summary>Sends bytes as they are, as far as they are taken: false when the connection ended before.</summary>
    public async Task<bool> TrySendAsync(byte[] bytes)
    {
        try
        {
            await _stream.WriteAsync(bytes, Cancellation).AsTask().WaitAsync(Eventually.Patience, Cancellation);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The payload of the next record that is data or an alert; null at the end.</summary>
    public async Task<(byte Type, byte[] Payload)?> ReadAsync()
    {
        while (await ReadRecordAsync().WithinPatienceAsync("a record comes") is { } record)
        {
            if (record.Type == Handshake)
            {
                // Tickets, which we do not keep, and new keys.
                for (int at = 0; at < record.Payload.Length; at += 4 + record.Payload[at + 3] + (record.Payload[at + 2] << 8))
                {
                    if (record.Payload[at] == KeyUpdate)
                    {
                        _read!.Update();
                    }
                }
            }
            else
            {
                return record;
            }
        }

        return null;
    }

    /// <summary>A GET; null when the connection was closed instead.</summary>
    public async Task<string?> GetAsync(string host)
    {
        if (!await TrySendAsync(Seal(Data, Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"))))
        {
            return null;
        }

        return await ReadAsync() is (Data, var payload) ? Encoding.ASCII.GetString(payload) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private async Task MakeHandshakeAsync(byte[] serverName, byte[][] extensions)
    {
        // 1. The hellos.
        using var own = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        ECParameters point = own.ExportParameters(includePrivateParameters: false);
        byte[] share = [0, 0x17, .. HelloBytes.Vector16([4, .. point.Q.X!, .. point.Q.Y!])];
        byte[] hello = HelloBytes.Message(
        [
            .. HelloBytes.Usual, .. serverName, .. extensions.SelectMany(static extension => extension),
            .. HelloBytes.Extension(43, [2, 3, 4]), .. HelloBytes.Extension(51, HelloBytes.Vector16(share)),
        ]);
        await _stream.WriteAsync(HelloBytes.Records(hello), Cancellation);
        byte[] serverHello = (await ReadRecordAsync() is (Handshake, var first) ? first : null) ?? throw new IOException("there is no ServerHello");
        if (serverHello[0] != ServerHello)
        {
            throw new IOException($"a message {serverHello[0]} instead of a ServerHello");
        }

        // 2. The keys of the handshake.
        List<byte> transcript = [.. hello, .. serverHello];
        using var peer = ECDiffieHellman.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = PointOf(serverHello) });
        byte[] early = HKDF.Extract(HashAlgorithmName.SHA256, new byte[32], new byte[32]);
        byte[] secret = HKDF.Extract(HashAlgorithmName.SHA256, own.DeriveRawSecretAgreement(peer.PublicKey), RecordKeys.Expand(early, "derived", SHA256.HashData([]), 32));
        byte[] clientSecret = RecordKeys.Expand(secret, "c hs traffic", HashOf(transcript), 32);
        _read = new RecordKeys(RecordKeys.Expand(secret, "s hs traffic", HashOf(transcript), 32));

        // 3. What the server says until it is finished.
        List<byte> messages = [];
        while (!TakeMessages(messages, transcript))
        {
            messages.AddRange(await ReadRecordAsync() switch
            {
                (Handshake, var more) => more,
                (Alert, var alert) => throw new IOException($"alert {alert[1]}"),
                _ => throw new IOException("the server ended in the handshake"),
            });
        }

        // 4. The keys of what follows, and our own end of the handshake.
        byte[] master = HKDF.Extract(HashAlgorithmName.SHA256, new byte[32], RecordKeys.Expand(secret, "derived", SHA256.HashData([]), 32));
        byte[] hash = HashOf(transcript);
        _read = new RecordKeys(RecordKeys.Expand(master, "s ap traffic", hash, 32));
        byte[] finished = HMACSHA256.HashData(RecordKeys.Expand(clientSecret, "finished", [], 32), hash);
        await _stream.WriteAsync(new RecordKeys(clientSecret).Seal(Handshake, [Finished, 0, 0, (byte)finished.Length, .. finished]), Cancellation);
        _write = new RecordKeys(RecordKeys.Expand(master, "c ap traffic", hash, 32));
    }

    private static byte[] HashOf(List<byte> transcript) => SHA256.HashData([.. transcript]);

    // Moves whole messages to the transcript. True: the last of them was the Finished.
    private bool TakeMessages(List<byte> messages, List<byte> transcript)
    {
        while (messages.Count >= 4)
        {
            int length = 4 + (messages[1] << 16) + (messages[2] << 8) + messages[3];
            if (messages.Count < length)
            {
                return false;
            }

            _handshakeTypes.Add(messages[0]);
            transcript.AddRange(messages[..length]);
            messages.RemoveRange(0, length);
        }

        return _handshakeTypes.Contains(Finished);
    }

    // The server's share is the last 65 bytes of the extension 51, wherever that is.
    private static ECPoint PointOf(ReadOnlySpan<byte> serverHello)
    {
        int at = 4 + 2 + 32;
        at += 1 + serverHello[at];
        at += 2 + 1 + 2;
        while (BinaryPrimitives.ReadUInt16BigEndian(serverHello[at..]) != 51)
        {
            at += 4 + BinaryPrimitives.ReadUInt16BigEndian(serverHello[(at + 2)..]);
        }

        ReadOnlySpan<byte> point = serverHello.Slice(at + 4 + 2 + 2 + 1, 64);
        return new ECPoint { X = point[..32].ToArray(), Y = point[32..].ToArray() };
    }

    private async Task<(byte Type, byte[] Payload)?> ReadRecordAsync()
    {
        byte[] header = new byte[5];
        while (true)
        {
            try
            {
                if (await _stream.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, Cancellation) < header.Length)
                {
                    return null;
                }

                byte[] payload = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3))];
                await _stream.ReadExactlyAsync(payload, Cancellation);
                if (header[0] == Data)
                {
                    return _read!.Open(header, payload);
                }

                if (header[0] is Alert or Handshake)
                {
                    return (header[0], payload);
                }
            }
            catch (IOException)
            {
                return null; // a reset ends it as well
            }
        }
    }
}
