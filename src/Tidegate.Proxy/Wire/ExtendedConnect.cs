using System.Buffers.Text;
using System.Security.Cryptography;
using Tidegate.Http;
using Tidegate.Http.Headers;
using Tidegate.Http.Tokens;

namespace Tidegate.Proxy.Wire;

/// <summary>
/// An upgrade is one thing on two protocols: HTTP/1.1 asks with <c>Upgrade</c> and is answered 101, HTTP/2 asks with extended CONNECT and is answered 200
/// (RFC 8441, section 5). Inside an exchange it has the form of HTTP/1.1; HTTP/2 makes one of the other at both ends.
/// </summary>
internal static class ExtendedConnect
{
    // RFC 6455, section 1.3.
    private static ReadOnlySpan<byte> AcceptSuffix => "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;

    /// <summary>The length of what answers a key.</summary>
    public const int AcceptLength = 28;

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

    /// <summary>The 200 of an extended CONNECT becomes the 101 of the upgrade that it answers; for a WebSocket with the proof that its client looks for.</summary>
    public static void ToSwitching(RequestHead request, ResponseHead response)
    {
        request.Headers.TryGet(KnownHeader.Upgrade, out ReadOnlySpan<byte> protocol);
        response.Status = 101;
        response.HasUpgrade = true;
        response.Framing = MessageFraming.None;
        response.Headers.Set(KnownHeader.Upgrade, protocol);
        if (request.Headers.TryGet(KeyName, out ReadOnlySpan<byte> key) && !response.Headers.Contains(AcceptName))
        {
            Span<byte> accept = stackalloc byte[AcceptLength];
            WriteAccept(key, accept);
            response.Headers.Set(AcceptName, accept);
        }
    }

    /// <summary>The name of a WebSocket's key.</summary>
    public static ReadOnlySpan<byte> KeyName => "sec-websocket-key"u8;

    /// <summary>The name of what proves that the key was read.</summary>
    public static ReadOnlySpan<byte> AcceptName => "sec-websocket-accept"u8;

    /// <summary>
    /// Gives the WebSocket of a client of HTTP/2, which needs no key, one that an HTTP/1.1 endpoint can answer (RFC 8441, section 5; RFC 6455, section 4.1).
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="accept">What the endpoint has to answer.</param>
    /// <returns>False: no key was needed, and there is nothing to look for.</returns>
    public static bool TryAddKey(RequestHead request, Span<byte> accept)
    {
        if (request.Version != HttpVersion.Http2 || !IsWebSocket(request) || request.Headers.Contains(KeyName))
        {
            return false;
        }

        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        Span<byte> key = stackalloc byte[24];
        Base64.EncodeToUtf8(random, key, out _, out _);
        request.Headers.Set(KeyName, key);
        WriteAccept(key, accept);
        return true;
    }

    /// <summary>Whether a request is the handshake of a WebSocket.</summary>
    public static bool IsWebSocket(RequestHead request) =>
        request.HasUpgrade
        && request.Headers.TryGet(KnownHeader.Upgrade, out ReadOnlySpan<byte> protocol)
        && HttpTokens.EqualsIgnoreCase(protocol, "websocket"u8);

    // The base64 form of SHA-1 over key and suffix.
    private static void WriteAccept(ReadOnlySpan<byte> key, Span<byte> accept)
    {
        const int UsualKeyLength = 24;
        int length = key.Length + AcceptSuffix.Length;
        Span<byte> text = key.Length <= UsualKeyLength ? stackalloc byte[UsualKeyLength + 36] : new byte[length];
        key.CopyTo(text);
        AcceptSuffix.CopyTo(text[key.Length..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
#pragma warning disable CA5350 // RFC 6455 has it so; nothing is protected by it
        SHA1.HashData(text[..length], hash);
#pragma warning restore CA5350
        Base64.EncodeToUtf8(hash, accept, out _, out _);
    }
}
