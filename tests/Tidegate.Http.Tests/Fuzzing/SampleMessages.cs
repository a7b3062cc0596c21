using System.Text;
using Tidegate.Http.Http2.Frames;
using Tidegate.Http.Tests.Http2;

namespace Tidegate.Http.Tests.Fuzzing;

/// <summary>Messages to start from: real ones, and pieces that parsers were once wrong about. One character is one byte.</summary>
internal static class SampleMessages
{
    public const string Browser =
        "GET /api/catalog?page=2&sort=name HTTP/1.1\r\nHost: webapp.istioinaction.io\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n" +
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n" +
        "Connection: keep-alive\r\nCookie: session=0123456789abcdef; theme=dark\r\n\r\n";

    public static readonly string[] Requests =
    [
        Browser,
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n",
        "POST /orders HTTP/1.1\r\nHost: a.example:443\r\nContent-Length: 11\r\nContent-Type: application/json\r\n\r\n{\"a\": true}",
        "PUT /x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nTrailer: x-sum\r\n\r\n5;e=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
        "OPTIONS * HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
        "OPTIONS http://b.example HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
        "GET https://b.example:8443/x/../y?q#f HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
        "\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "PROPFIND /d%2fe/%2e%2e/f HTTP/1.1\r\nHost: a_b\r\nDepth: 1\r\nX:\r\nX: \t\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ];

    public static readonly string[] Responses =
    [
        "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Mon, 23 Nov 2026 08:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\ngrpc-status: 0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nuntil close",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nLocation: /x\r\nContent-Length: 0\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n",
        "HTTP/1.1 503\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ];

    public static readonly string[] ChunkedBodies =
    [
        "0\r\n\r\n",
        "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
        "5;a=b;c=\"d\"\r\nhello\r\n1 ;x\r\n!\r\n00\r\nX-Sum: 1\r\nGrpc-Status: 0\r\nContent-Length: 5\r\n\r\n",
        "a\r\n0123456789\r\n10\r\n0123456789abcdef\r\n0;end\r\n\r\n",
    ];

    public static readonly string[] Paths = ["/", "/a/../b", "/a/./b?x=/../", "/%2e%2e/x%2fy\\z", "//a///b", "/%%32e%5c%00", "/a#b?c", "/%61%2%65%25%32%66;x"];

    /// <summary>What clients say in HTTP/2, right and wrong.</summary>
    public static readonly byte[][] Http2Sentences =
    [
        Frame.Headers(1, Frame.Get, "accept: */*", end: true),
        Frame.Headers(3, Frame.Post),
        Frame.Data(3, "hello"),
        Frame.Of(0, 8, 3, "03616263aabbcc"),
        Frame.Data(3, "", end: true),
        Frame.Join(Frame.OpenHeaders(5, Frame.Get), Frame.Continuation(5, Frame.Block("x-a: b"), isLast: true)),
        Frame.Headers(7, Frame.Get, "X-Bad: v", end: true),
        Frame.Of(1, 5, 9, "828684418cf1e3c2e5f23a6ba0ab90f4ff"),
        Frame.Settings((SettingId.InitialWindowSize, 100)),
        Frame.Ping(),
        Frame.WindowUpdate(0, 5),
        Frame.WindowUpdate(3, 0),
        Frame.Reset(3),
        Frame.GoAway(),
        Frame.Of(0x16, 0, 0, "010203"),
        Frame.Of(2, 0, 7, "0000000010"),
        Frame.Trailers(3, "x-t: 1"),
    ];

    public static readonly string[] Http2Conversations =
    [
        Encoding.Latin1.GetString(Frame.Join(Http2Sentences)),
        Encoding.Latin1.GetString(Frame.Join(Http2Sentences[1..5])),
        Encoding.Latin1.GetString(Frame.Join(Http2Sentences[5..9])),
    ];

    /// <summary>Pieces that are put somewhere in the middle.</summary>
    public static readonly string[] Fragments =
    [
        "\r", "\n", "\r\n", "\r\n\r\n", "\0", "\t", " ", "  ", ":", ": ", ",", ";", "\u0080", "\u00ff", "\u007f", "\u000b",
        "0\r\n\r\n", "GET / HTTP/1.1\r\n", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "Host: b\r\n", "Host:\r\n", "Content-Length: 5\r\n", "Content-Length: 0\r\n",
        "Content-Length: +5\r\n", "Content-Length: 5, 5\r\n", "content-length: 18446744073709551621\r\n", "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding : chunked\r\n", "Transfer-Encoding:\u000bchunked\r\n", "Transfer-Encoding: xchunked\r\n", "Transfer-Encoding: chunked, identity\r\n",
        "transfer-encoding: gzip, chunked\r\n", " chunked\r\n", "X: a\r\n b\r\n", "Connection: close\r\n", "Connection: host, content-length\r\n", "X_Y: z\r\n",
        "Expect: 100-continue\r\n", "Upgrade: h2c\r\n", "ffffffffffffffff", "80000000", "7fffffffffffffff\r\n", "%00", "%2e", "%2F", "%5c", "%", "%25", "/../", "/./", "//", "\\", "?", "#", "*",
        "http://", "@", "[::1]", "65536",
    ];
}
