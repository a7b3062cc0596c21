using System.Buffers.Text;
using System.Security.Cryptography;
using Tidegate.Http;
using Tidegate.Http.Headers;

namespace Tidegate.Proxy.Wire;

/// <summary>
/// An upgrade is one thing on two protocols: HTTP/1.1 asks with <c>Upgrade</c> and is answered 101, HTTP/2 asks with extended CONNECT and is answered 200
/// (RFC 8441, section 5). Inside an exchange it has the form of HTTP/1.1; HTTP/2 makes one of the other at both ends.
/// </summary>
internal static class ExtendedConnect
{
    // RFC 6455, section 1.3.
    private static ReadOnlySpan<byte> AcceptSuffix => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    private static ReadOnlySpan<byte> KeyName => "sec-websocket-key"u8;

    private static ReadOnlySpan<byte> AcceptName => "sec-websocket-accept"u8;

    /// <summary>A client's extended CONNECT becomes an upgrade.</summary>
    public static void ToUpgrade(RequestHead request)
    {
        request.Headers.Set(KnownHeader.Upgrade, request.Protocol);
        request.SetMethod(KnownMethod.Get);
        request.SetProtocol(default);
        request.HasUpgrade = true;
        request.Framing = MessageFraming.None;
        request.ContentLength = -1;
    }

    /// <summary>An upgrade becomes an extended CONNECT for an endpoint, in a head of its own.</summary>
    public static void ToConnect(RequestHead request, RequestHead connect)
    {
        request.CopyTo(connect);
        request.Headers.TryGet(KnownHeader.Upgrade, out ReadOnlySpan<byte> protocol);
        connect.SetProtocol(protocol);
        connect.SetMethod(KnownMethod.Connect);
        connect.HasUpgrade = false;
        connect.Headers.Remove(KnownHeader.Upgrade);
        connect.Framing = MessageFraming.None;
    }

    /// <summary>The 101 of an upgrade becomes what an HTTP/2 client gets.</summary>
    public static void ToSuccess(ResponseHead response)
    {
        response.Status = 200;
        response.HasUpgrade = false;
        response.Headers.Remove(KnownHeader.Upgrade);
    }

    /// <summary>The 2xx of an extended CONNECT becomes the 101 of the upgrade that it answers; for a WebSocket with the proof that its client looks for.</summary>
    public static void ToSwitching(RequestHead request, ResponseHead response)
    {
        request.Headers.TryGet(KnownHeader.Upgrade, out ReadOnlySpan<byte> protocol);
        response.Status = 101;
        response.HasUpgrade = true;
        response.Framing = MessageFraming.None;
        response.Headers.Set(KnownHeader.Upgrade, protocol);
        if (request.Headers.TryGet(KeyName, out ReadOnlySpan<byte> key) && !response.Headers.Contains(AcceptName))
        {
            Span<byte> accept = stackalloc byte[28];
            WriteAccept(key, accept);
            response.Headers.Set(AcceptName, accept);
        }
    }

    /// <summary>Gives the upgrade of a client without a key (HTTP/2 needs none) one that an HTTP/1.1 endpoint can answer.</summary>
    public static void AddKey(RequestHead request)
    {
        if (!request.Headers.Contains(KeyName) && request.Headers.TryGet(KnownHeader.Upgrade, out ReadOnlySpan<byte> protocol) && HttpTokens.EqualsIgnoreCase(protocol, "websocket"u8))
        {
            Span<byte> random = stackalloc byte[16];
            RandomNumberGenerator.Fill(random);
            Span<byte> key = stackalloc byte[24];
            Base64.EncodeToUtf8(random, key, out _, out _);
            request.Headers.Set(KeyName, key);
        }
    }

    // The base64 form of SHA-1 over key and suffix: 28 bytes.
    private static void WriteAccept(ReadOnlySpan<byte> key, Span<byte> accept)
    {
        byte[] text = new byte[key.Length + AcceptSuffix.Length];
        key.CopyTo(text);
        AcceptSuffix.CopyTo(text.AsSpan(key.Length));
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6455 has it so; nothing is protected by it
        SHA1.HashData(text, hash);
#pragma warning restore CA5350
        Base64.EncodeToUtf8(hash, accept, out _, out _);
    }
}
